package scanner

// TestCode is a code to try a scanner with: as long as a rider's, and drawn as
// densely. It opens nothing anywhere: it is a bearer pass of key 0, which no trust
// list and no site document can name, it ended in the year 2000, and the key that
// signed it was thrown away. A gate refuses it as unknown-key.
const TestCode = "G1:AEAAB777777QAAAAAA4G2Q4AAAAQAAAAAAAEMCJ7OOTU3KSY2P4OVLRAVJYY5MAABCBHZUGNOW76EPV6N2DXBJKJTT6Q53SRLZG6VIE2PMID7S2PUTU4FYUUOGLU64NK25FJFTCVBQ"

// TestModules is the drawing of TestCode, QR version 6-M in alphanumeric mode: a
// row of modules each, the leftmost the highest of 41 bits, 1 black. It stands
// here drawn because the box has no other code to draw.
var TestModules = [41]uint64{
	0x1fc064b3e7f, 0x10515a7ef41, 0x174fc1f3f5d, 0x174269c115d, 0x175950df25d, 0x104d938ad41,
	0x1fd5555557f, 0x000c275bc00, 0x154d556a712, 0x193bff86326, 0x13c5cbd250e, 0x01202358e78,
	0x0844c75c7be, 0x0901b36068a, 0x01d53b549b0, 0x06b121a41ea, 0x16ccdb5f5d2, 0x058cc09ade7,
	0x004348428d3, 0x133612e4ce2, 0x15fe016f507, 0x1c3e52cb2f3, 0x0e6be4a6d10, 0x1ba89ad483b,
	0x09cb3ae739f, 0x0a002e670c6, 0x196b71f3d0b, 0x1c81c93786d, 0x1a738a5a927, 0x071f0622804,
	0x14f6e485308, 0x0b3e8eb793b, 0x13ed75b79f3, 0x001c3b3371c, 0x1fcbc6a9155, 0x104d8d35911,
	0x175e8622ff5, 0x17421f98736, 0x175aaefba43, 0x104e369092b, 0x1fd4430446d,
}
