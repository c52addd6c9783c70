package main

// pin is what the chip does with one of its lines.
type pin struct {
	output bool // driven by the chip; else an input
	high   bool // the level that is driven, or would be
}

// drivenHigh is what moves a relay.
func (p pin) drivenHigh() bool { return p.output && p.high }

func (p pin) String() string {
	switch {
	case !p.output:
		return "not driven"
	case p.high:
		return "driven high"
	}
	return "driven low"
}

// registers is the state of a GPIO block as the writes to it since power-on have
// left it.
type registers interface {
	// write takes one 32-bit write at an offset of the block.
	write(offset, value uint64)
	// pin is the state of line n.
	pin(n int) pin
}

// bcm2835 is the block of a Raspberry Pi up to the 4: manual "BCM2835 ARM
// Peripherals", section 6.1. At power-on all lines are inputs.
type bcm2835 struct {
	functions [6]uint64 // three bits a line: 0 input, 1 output
	levels    uint64    // last set or cleared, whatever the function
}

func (b *bcm2835) write(offset, value uint64) {
	switch {
	case offset < 0x18: // GPFSEL0 to 5
		b.functions[offset/4] = value
	case offset == 0x1c || offset == 0x20: // GPSET0 and 1
		b.levels |= value << ((offset - 0x1c) * 8)
	case offset == 0x28 || offset == 0x2c: // GPCLR0 and 1
		b.levels &^= value << ((offset - 0x28) * 8)
	}
}

func (b *bcm2835) pin(n int) pin {
	return pin{output: b.functions[n/10]>>(n%10*3)&7 == 1, high: b.levels>>n&1 == 1}
}

// pl061 is ARM's block, "PrimeCell General Purpose Input/Output (PL061)", section
// 3.3. At power-on all lines are inputs. It keeps no level for a line that is an
// input: what such a line becomes as an output is what came in last, which on the
// lines that a box drives is 0 here, as nobody moves them from outside.
type pl061 struct {
	directions uint64
	levels     uint64
}

func (p *pl061) write(offset, value uint64) {
	switch {
	case offset < 0x400: // GPIODATA: the address says which lines are meant
		mask := offset >> 2 & p.directions
		p.levels = p.levels&^mask | value&mask
	case offset == 0x400: // GPIODIR
		p.directions = value
	}
}

func (p *pl061) pin(n int) pin {
	return pin{output: p.directions>>n&1 == 1, high: p.levels>>n&1 == 1}
}
