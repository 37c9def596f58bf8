package expr_test

import (
	"fmt"

	"dialtone/ivr/expr"
)

func ExampleExpand() {
	s := &scope{variables: map[string]string{"counter": "2", "EXTEN": "0102030405"}}
	fmt.Println(expr.Expand("try $[${counter} + 1] of ${EXTEN:-4}", s))
	fmt.Println(expr.Expand("$[${counter}>=3]", s))
	fmt.Printf("%q\n", expr.Expand("$[${unset} + 1]", s)) // an error of the syntax, as in Asterisk
	fmt.Println(s.warnings[0])
	// Output:
	// try 3 of 0405
	// 0
	// ""
	// expression $[ + 1] makes no sense from "+" at column 2 on
}
