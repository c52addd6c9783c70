package scanner

import (
	"regexp"
)

// setupCode is the text of codes that change a scanner's settings, of the makes
// whose texts are public. Whoever shows one at a gate wants to break it: a
// module that obeys can be muted, reset or switched to another interface.
//
// A module that does not obey them reads them as it reads any other code.
var setupCode = regexp.MustCompile(`^(` +
	`S_CMD_|` + // M3Y class
	`%%SpecCode|\^#SC\^|` + // Alacrity, Netum, Nadamoo
	`\^_\^|` + // DE2120
	`NLS[0-9]{7}|@NLS|` + // Newland
	`~M[0-9A-F]{8}\.|` + // MH-ET
	`_SET_CODE_O(N|FF)` + // Grow
	`)`)
