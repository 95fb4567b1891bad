print("line")
