from silkway.order.app import main

main()
