from silkway.auditor.app import main

main()
