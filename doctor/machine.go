package doctor

import (
	"path/filepath"
	"strings"
)

// ReadRoute is the way out of this machine, below root.
func ReadRoute(root string) Reading[string] {
	text, _ := line(root, "proc/net/route")
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) > 7 && f[1] == "00000000" && f[7] == "00000000" {
			return Reading[string]{Value: f[0]}
		}
	}
	text, _ = line(root, "proc/net/ipv6_route")
	for l := range strings.Lines(text) {
		f := strings.Fields(l)
		if len(f) > 9 && strings.Trim(f[0]+f[1], "0") == "" && f[9] != "lo" {
			return Reading[string]{Value: f[9]}
		}
	}
	return unknown[string]("没有通往外面的路由", "there is no way out of this box: no default route")
}

// ReadModemRule says whether a udev rule keeps ModemManager off the scanners,
// below root.
func ReadModemRule(root string) bool {
	for _, dir := range []string{"etc", "run", "usr/lib", "lib"} {
		files, _ := filepath.Glob(filepath.Join(root, dir, "udev/rules.d/*.rules"))
		for _, f := range files {
			if text, _ := line(f); strings.Contains(text, `ENV{ID_MM_DEVICE_IGNORE}="1"`) {
				return true
			}
		}
	}
	return false
}
