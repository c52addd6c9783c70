package trust_test

import (
	"errors"
	"testing"

	"gated/verify/document"
	"gated/verify/trust"
)

// attempt offers a list to one in force and demands that it is refused. What is
// in force stays, because Accept cannot change it.
func attempt(t *testing.T, inForce *trust.List, want error, j trust.ListJSON, signers ...string) {
	t.Helper()
	got, err := trust.Accept(sign(t, document.Trust, j, by(t, signers...)...), inForce, roots(t, 2, "a", "b", "c"))
	refused(t, err, want)
	if got != nil {
		t.Error("a list comes beside the error")
	}
}

func TestAttackThresholdZero(t *testing.T) {
	inForce := accepted(t, list(t), nil, "a", "b")
	for _, n := range []int{0, -1} {
		if _, err := trust.ParseRoots(verifiers(t, "a"), n); err == nil {
			t.Errorf("a configuration with threshold %d", n)
		}
		d := sign(t, document.Trust, list(t), by(t, "stranger")...)
		if _, err := trust.Accept(d, nil, trust.Roots{Threshold: n}); !errors.Is(err, document.ErrUnsigned) {
			t.Errorf("nobody's signature is enough: %v", err)
		}
	}
	attempt(t, inForce, trust.ErrBroken, list(t, func(j *trust.ListJSON) { j.Version, j.Threshold = 2, 0 }), "a", "b")
}

func TestAttackOneRootUnderTwoNames(t *testing.T) {
	twice := []string{verifier(t, "a", "a"), verifier(t, "a2", "a")}
	if _, err := trust.ParseRoots(twice, 2); err == nil {
		t.Error("a configuration with one root under two names")
	}
	inForce := accepted(t, list(t), nil, "a", "b")
	// One thief, one key, two names: his two signatures are one.
	j := list(t, func(j *trust.ListJSON) { j.Version = 2 })
	d := sign(t, document.Trust, j, signer(t, "a", "a"), signer(t, "a2", "a"))
	_, err := trust.Accept(d, inForce, trust.Roots{})
	refused(t, err, document.ErrUnsigned)
	// And no list may make them two.
	attempt(t, inForce, trust.ErrBroken, list(t, func(j *trust.ListJSON) { j.Version, j.Roots = 2, twice }), "a", "b")
}

func TestAttackKidReused(t *testing.T) {
	inForce := accepted(t, list(t), nil, "a", "b")
	attempt(t, inForce, trust.ErrBroken, list(t, func(j *trust.ListJSON) { j.Version, j.Keys[0].Key = 2, public("thief") }), "a", "b")
	// Nor after it was away for a while.
	without := accepted(t, list(t, func(j *trust.ListJSON) { j.Version, j.Keys = 2, nil }), inForce, "a", "b")
	attempt(t, without, trust.ErrBroken, list(t, func(j *trust.ListJSON) { j.Version, j.Keys[0].Key = 3, public("thief") }), "a", "b")
	if back := accepted(t, list(t, func(j *trust.ListJSON) { j.Version = 3 }), without, "a", "b"); len(back.Keys) != 1 {
		t.Error("the same key may not come back")
	}
	// Nor if the list was lost, and what was known of kids was not.
	d := sign(t, document.Trust, list(t, func(j *trust.ListJSON) { j.Keys[0].Key = public("thief") }), by(t, "a", "b")...)
	_, err := trust.AcceptKnowing(d, nil, roots(t, 2, "a", "b", "c"), inForce.Known)
	refused(t, err, trust.ErrBroken)
}

func TestAttackKidReusedAfterAnUnknownAlgorithm(t *testing.T) {
	future := func(j *trust.ListJSON) { j.Keys[0].Algorithm, j.Keys[0].Key = "ml-dsa-44", "a key that is no base64" }
	inForce := accepted(t, list(t, future), nil, "a", "b")
	attempt(t, inForce, trust.ErrBroken, list(t, func(j *trust.ListJSON) { j.Version = 2 }), "a", "b")
}

func TestAttackVoidTurnedActive(t *testing.T) {
	state := func(version int64, s string) trust.ListJSON {
		return list(t, func(j *trust.ListJSON) { j.Version, j.Keys[0].State = version, s })
	}
	inForce := accepted(t, list(t), nil, "a", "b")
	void := accepted(t, state(2, "void"), inForce, "a", "b")
	if k, _ := void.Key(257); !k.Void || k.Disabled {
		t.Fatalf("key 257 is %+v", k)
	}
	attempt(t, void, trust.ErrBroken, state(3, "active"), "a", "b")
	// Nor by a detour: away, or in a state that this version does not know.
	gone := accepted(t, list(t, func(j *trust.ListJSON) { j.Version, j.Keys = 3, nil }), void, "a", "b")
	attempt(t, gone, trust.ErrBroken, state(4, "active"), "a", "b")
	odd := accepted(t, state(3, "odd"), void, "a", "b")
	attempt(t, odd, trust.ErrBroken, state(4, "active"), "a", "b")
	if still := accepted(t, state(4, "void"), gone, "a", "b"); still.Known[257].Void != true {
		t.Error("it is forgotten that 257 is void")
	}
}

func TestAttackRollbackOfTheList(t *testing.T) {
	one := list(t)
	two := list(t, func(j *trust.ListJSON) { j.Version, j.Keys[0].State = 2, "void" })
	inForce := accepted(t, two, accepted(t, one, nil, "a", "b"), "a", "b")
	attempt(t, inForce, trust.ErrOld, one, "a", "b")
}

func TestAttackRootsOfTheConfigurationComeBack(t *testing.T) {
	first := accepted(t, list(t), nil, "a", "b")
	moved := accepted(t, list(t, func(j *trust.ListJSON) { j.Version, j.Roots = 2, verifiers(t, "d", "e", "f") }), first, "a", "b", "d", "e")
	// The old roots were stolen after they were replaced; the configuration names
	// them still.
	attempt(t, moved, document.ErrUnsigned, list(t, func(j *trust.ListJSON) { j.Version = 3 }), "a", "b", "c")
}

func TestAttackAuthorityActsAsRoot(t *testing.T) {
	inForce := accepted(t, list(t), nil, "a", "b")
	attempt(t, inForce, document.ErrUnsigned, list(t, func(j *trust.ListJSON) { j.Version = 2 }), "r", "s", "p", "issuer")
}
