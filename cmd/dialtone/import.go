package main

type importCommand struct {
	File importFile `cmd:"" help:"Make the objects what a text of export says."`
}
