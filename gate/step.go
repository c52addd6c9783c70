package gate

import "encoding/json"

// Step is one check of a judgement, for whoever asks why. Both texts hold no
// secret and no raw code, and nothing of a rider before the issuer's signature
// was found true.
type Step struct {
	Check Text // the check's name; the English is the word of PROTOCOL 1.4
	OK    bool
	Facts Text // what it was decided on
}

// MarshalJSON writes {"check","ok","facts"} in English, whatever language people
// read: these words are stable, and programs compare them.
func (s Step) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Check string `json:"check"`
		OK    bool   `json:"ok"`
		Facts string `json:"facts,omitempty"`
	}{s.Check.EN, s.OK, s.Facts.EN})
}
