package nothing // want `the contract is not imported`

func Answer() int { return 42 }
