from silkway.logistics.app import main

main()
