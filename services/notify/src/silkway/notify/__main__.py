from silkway.notify.app import main

main()
