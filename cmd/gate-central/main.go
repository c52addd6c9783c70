// Command gate-central is the reference central server of a network of gates,
// and the platform's and the phone's side for trying things out.
//
// Its verbs work on a directory: they change its database and sign what follows
// from the change. One of them, run, serves the directory to the gates, through
// an MQTT broker of its own or any other, and publishes what the other verbs
// change within a moment. What a script needs is printed on standard output,
// words for people on standard error. The exit status is 0 if all is well, 1 if
// something is missing or broken, and 2 if the command was asked wrongly; each
// refusal comes with a hint.
//
// It refuses to be more than a reference: every key lies in the directory, the
// root's too. A verb is a file here, thin: flags in, package central called,
// words out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"gated/central"
	"gated/cmd/manual"
)

// commands is the command line.
type commands struct {
	Init    initCmd    `cmd:"" help:"Make a network: keys, database, first trust list."`
	Run     runCmd     `cmd:"" help:"Serve the network to its gates until interrupted."`
	Issuer  issuerCmd  `cmd:"" help:"Delivery platforms."`
	Key     keyCmd     `cmd:"" help:"Keys that platforms issue passes with."`
	Site    siteCmd    `cmd:"" help:"Communities."`
	Gate    gateCmd    `cmd:"" help:"Gate boxes."`
	Cert    certCmd    `cmd:"" help:"Make the broker's certificate, or the server's own, by the network's authority."`
	Issue   issueCmd   `cmd:"" help:"Issue a bearer pass, as a platform does, and print its code."`
	Phone   phoneCmd   `cmd:"" help:"Show the moving code of a bound pass, as a rider's phone does."`
	Revoke  revokeCmd  `cmd:"" help:"Withdraw a rider, a pass, or a key's passes that begin before a time."`
	Hold    holdCmd    `cmd:"" help:"Put a rider or a pass on hold."`
	Release releaseCmd `cmd:"" help:"End a hold; with --gate, a hold-open or a lockdown."`
	Records recordsCmd `cmd:"" help:"Show what the gates have recorded."`
	Erase   eraseCmd   `cmd:"" help:"Erase who it was from old records. The logs stay provable."`
	Roots   rootsCmd   `cmd:"" help:"Print the roots for a gate's configuration."`

	Open     openCmd     `cmd:"" help:"Open a gate once, now."`
	HoldOpen holdOpenCmd `cmd:"" help:"Keep a gate open for a while."`
	Lockdown lockdownCmd `cmd:"" help:"Let nobody through a gate for a while."`

	Root      rootCmd      `cmd:"" help:"The key that signs the trust list."`
	Authority authorityCmd `cmd:"" help:"The keys that sign everything else."`
	Epoch     epochCmd     `cmd:"" help:"A new beginning for all documents, after a theft or a wrong clock."`
	Export    exportCmd    `cmd:"" help:"Write what a gate without a network needs, for gated import."`

	BrokerConfig brokerConfigCmd `cmd:"" help:"Write the configuration of a Mosquitto broker for this network."`

	Manual manual.Cmd `cmd:"" hidden:"" help:"Print the manual page, or the completion for bash."`
}

// output is where a verb prints.
type output struct {
	data  io.Writer // for scripts
	words io.Writer // for people
}

// directory is the flag that every verb has.
type directory struct {
	Dir string `short:"d" default:"/var/lib/gate-central" placeholder:"DIR" help:"Where the network's database and keys are (${default})."`
}

// with opens the directory, does what is to be done there, and closes it.
func (d directory) with(ctx context.Context, do func(*central.Central) error) error {
	s, err := central.Open(ctx, central.Options{Dir: d.Dir})
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if code := run(ctx, os.Args[1:], output{os.Stdout, os.Stderr}); code != 0 {
		os.Exit(code) //nolint:gocritic // stop only undoes what the exit ends
	}
}

// run is the whole program but for its process.
func run(ctx context.Context, args []string, out output) int {
	parser, err := kong.New(&commands{},
		kong.Name("gate-central"),
		kong.Description("The reference central server of a network of gates."),
		kong.Writers(out.data, out.words),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(out),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintf(out.words, "gate-central: error: %v\n", err)
		return 1
	}
	kctx, err := parser.Parse(args)
	if err != nil {
		return complain(out, err, "gate-central"+verbOf(err)+" --help", 2)
	}
	err = kctx.Run()
	switch {
	case err == nil:
		return 0
	case errors.Is(err, central.ErrAsked):
		return complain(out, err, "gate-central "+kctx.Command()+" --help", 2)
	default:
		return complain(out, err, "", 1)
	}
}

// verbOf is the verb that was asked wrongly, as far as one can tell.
func verbOf(err error) string {
	var p *kong.ParseError
	if !errors.As(err, &p) || p.Context == nil || p.Context.Selected() == nil {
		return ""
	}
	return " " + p.Context.Selected().Path()
}

// complain says what is wrong and what to do about it.
func complain(out output, err error, usage string, code int) int {
	fmt.Fprintf(out.words, "gate-central: error: %v\n", err)
	if usage != "" {
		fmt.Fprintf(out.words, "gate-central: hint: %s shows what it takes\n", usage)
	} else if h := hint(err); h != "" {
		fmt.Fprintf(out.words, "gate-central: hint: %s\n", h)
	}
	return code
}
