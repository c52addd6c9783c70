package store

import "os"

// Names hears of what is done to files and names past SQLite.
type Names interface {
	Rename(from, to string)
	Sync(path string)
	SyncDir()
}

// ListenToNames tells n before each of them, until stop is called.
func ListenToNames(n Names) (stop func()) {
	rename = func(from, to string) error { n.Rename(from, to); return os.Rename(from, to) }
	syncFile = func(f *os.File) error { n.Sync(f.Name()); return f.Sync() }
	syncDir = func(dir string) error { n.SyncDir(); return syncNames(dir) }
	return func() { rename, syncFile, syncDir = os.Rename, (*os.File).Sync, syncNames }
}

// OpenWith is Open with one parameter of the writing connection changed.
func OpenWith(o Options, key, value string) (*Store, error) {
	params := writing()
	params.Set(key, value)
	return open(o, params)
}

// Script runs statements on the writing connection, before Run.
func (s *Store) Script(queries string) error { return s.w.script(queries) }

// Queued is how many commits and tasks wait.
func (s *Store) Queued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) + len(s.tasks)
}

// Migrations are the steps of the schema, each a list of statements.
func Migrations() [][]string { return migrations }
