from silkway.credit.app import main

main()
