package rig_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"gated/stage"
)

// mend ends what was done to a line after its time.
func (w *world) mend(o outage, l *stage.Line) error {
	<-time.After(o.long)
	l.Mend()
	return nil
}

// killBox kills a box wherever it is and starts it again.
func (w *world) killBox(o outage) error {
	w.mu.Lock()
	p := w.boxes[o.who]
	w.mu.Unlock()
	p.Kill()
	<-p.Done()
	<-time.After(o.long / 4)
	return w.startBox(o.who)
}

// killServer kills the server: at the instant at which a message with that end of
// its topic passes, if one comes soon, and starts it again. Dead, it is sometimes
// backed up.
func (w *world) killServer(o outage, at string) error {
	if err := w.downServer(at); err != nil {
		return err
	}
	if w.rnd.IntN(2) == 0 || len(w.backups) == 0 {
		w.copies++
		backup := w.Path(fmt.Sprintf("backup-%d", w.copies))
		if err := os.CopyFS(backup, os.DirFS(w.central.Dir)); err != nil {
			return err
		}
		w.backups = append(w.backups, backup)
	}
	<-time.After(o.long / 4)
	return w.central.Start(w.far.Addr)
}

func (w *world) downServer(at string) error {
	p := w.central.Process()
	if at != "" {
		soon := time.NewTimer(3 * time.Second)
		defer soon.Stop()
		w.liar.setTrap(at, p.Kill)
		select {
		case <-p.Done():
		case <-soon.C:
		}
		w.liar.setTrap("", nil)
	}
	select {
	case <-p.Done():
		if code, err := p.Wait(context.Background()); err != nil || code != -1 {
			return fmt.Errorf("the server ended by itself, exit status %d: %s", code, p.Out.Tail(5))
		}
	default:
	}
	p.Kill()
	<-p.Done()
	return nil
}

// restoreServer kills the server and puts an old backup in its place.
func (w *world) restoreServer(o outage) error {
	if len(w.backups) == 0 {
		return w.killServer(o, "") // this makes one
	}
	if err := w.downServer(""); err != nil {
		return err
	}
	if err := os.RemoveAll(w.central.Dir); err != nil {
		return err
	}
	n := w.rnd.IntN(len(w.backups))
	if err := os.CopyFS(w.central.Dir, os.DirFS(w.backups[n])); err != nil {
		return err
	}
	w.backups = w.backups[:n+1] // those after it are of a future that has not been
	return w.central.Start(w.far.Addr)
}

// killBroker kills Mosquitto. It comes back with nothing, or with what it had
// written down at some time before.
func (w *world) killBroker(o outage, wiped bool) error {
	w.broker.Kill()
	if wiped {
		if err := w.broker.Wipe(); err != nil {
			return err
		}
	}
	<-time.After(o.long / 4)
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	if err := w.broker.Start(ctx); err != nil {
		return err
	}
	<-time.After(o.long / 4)
	w.broker.Save()
	return nil
}

// meddle has the broker lie for a time.
func (w *world) meddle(o outage, how mischief) error {
	w.liar.set(how)
	<-time.After(o.long)
	w.liar.set(honest)
	return nil
}
