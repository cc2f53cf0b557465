package session

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/hotdev/hotdev/session/diag"
)

// findings are the diagnostics that stand, by owner. The loop owns it. publish
// is called with the new union of a file whenever that changed, and only then.
type findings struct {
	byOwner map[diag.Owner]owned
	shown   map[string][]diag.Diagnostic // by file, as last published
	publish func(file string, rev int, list []diag.Diagnostic)
}

// owned are one owner's diagnostics and the revision that they are of.
type owned struct {
	rev  int
	list []diag.Diagnostic
}

func newFindings(publish func(string, int, []diag.Diagnostic)) *findings {
	return &findings{
		byOwner: map[diag.Owner]owned{},
		shown:   map[string][]diag.Diagnostic{},
		publish: publish,
	}
}

// set replaces what owner said by list, which is of rev.
func (f *findings) set(owner diag.Owner, rev int, list []diag.Diagnostic) {
	f.byOwner[owner] = owned{rev, list}
	f.update()
}

// add adds list to what owner said.
func (f *findings) add(owner diag.Owner, list []diag.Diagnostic) {
	o := f.byOwner[owner]
	f.set(owner, o.rev, slices.Concat(o.list, list))
}

// merge replaces what owner said of the files that list is about and keeps the
// rest: a build that still runs has not yet spoken of every file.
func (f *findings) merge(owner diag.Owner, rev int, list []diag.Diagnostic) {
	spoken := map[string]bool{}
	for _, d := range list {
		spoken[d.File] = true
	}
	kept := slices.DeleteFunc(slices.Clone(f.byOwner[owner].list), func(d diag.Diagnostic) bool { return spoken[d.File] })
	f.set(owner, rev, append(kept, list...))
}

// count is the number of diagnostics that stand.
func (f *findings) count() int {
	n := 0
	for _, list := range f.shown {
		n += len(list)
	}
	return n
}

// errors returns what owner said that is an error.
func (f *findings) errors(owner diag.Owner) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, d := range f.byOwner[owner].list {
		if d.Severity == diag.Error {
			list = append(list, d)
		}
	}
	return list
}

// update publishes the files whose union of diagnostics has changed.
func (f *findings) update() {
	now := map[string][]diag.Diagnostic{}
	revs := map[string]int{}
	for _, o := range f.byOwner {
		for _, d := range o.list {
			now[d.File] = append(now[d.File], d)
			revs[d.File] = max(revs[d.File], o.rev)
		}
	}
	latest := 0
	for _, o := range f.byOwner {
		latest = max(latest, o.rev)
	}
	for _, list := range now {
		slices.SortStableFunc(list, func(a, b diag.Diagnostic) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Message, b.Message))
		})
	}
	for _, file := range slices.Sorted(maps.Keys(f.shown)) {
		if len(now[file]) == 0 {
			delete(f.shown, file)
			f.publish(file, latest, nil)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(now)) {
		if !reflect.DeepEqual(now[file], f.shown[file]) {
			f.shown[file] = now[file]
			f.publish(file, revs[file], now[file])
		}
	}
}
