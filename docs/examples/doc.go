// Package examples holds the first pass in four languages, and a phone that draws
// bound passes in plain JavaScript. It has no code of its own: the programs are
// for reading and copying, docs/issuing.md and docs/phone.md explain them, and the
// test beside this file runs each one whose language is installed against package
// verify/pass. It promises that what stands in those pages works.
//
// To add a language, write a program with the same command line and the same
// sentences, and add a row to the table in examples_test.go.
package examples
