package madang_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A row says what the packages of a folder may import besides the standard library. Patterns are paths in this module,
// "madang" for the root: "*" stands for one name and "/..." for the folder and all below it. The closest pattern that
// fits a package is its row. Packages that one row covers under one name ("dialect/socketio" and its children under
// "dialect/*/...") may import each other.
type row struct {
	pkg   string
	may   string // packages of this module
	third string // modules of others
	tests string // packages of this module that tests may import too; also see everyTest
	never string // packages of the standard library
}

// table is the order of the house: the core knows nobody, dialects, brokers and features know the core and never each
// other, stores know the features, and only the list of parts knows everything.
func table() []row {
	const core = "madang"
	const leaves = " mail queue push blob shared"
	const features = " account/... chat/... device/... notify/..."
	const all = "madang account/... chat/... device/... notify/... dialect/... broker/... inlet/... webhook/... store/..." +
		" mail/... queue/... push/... blob/... shared/... web/... server/... internal/... madangtest"
	return []row{
		// The core: no wire format, no storage, no HTTP, nothing of anybody else's.
		{pkg: "madang", never: "net net/http database/sql"},
		{pkg: "madangtest", may: core + " internal/..."},
		{pkg: "shared/...", may: core + " shared/..."},
		{pkg: "internal/...", may: "internal/..."},
		{pkg: "internal/convention", may: core},
		{pkg: "internal/nodecall", may: core},
		{pkg: "internal/forward", may: core},
		{pkg: "internal/sqlstore", may: core + features},
		{pkg: "internal/ws", third: "github.com/gobwas/ws github.com/gobwas/httphead", tests: "internal/..."},
		{pkg: "internal/clustertest", may: "internal/...", third: "github.com/Shopify/toxiproxy/v2 github.com/rs/zerolog"},
		{pkg: "internal/terminal", third: "golang.org/x/sys"},
		{pkg: "internal/config/...", third: "go.yaml.in/yaml/v3"},

		// How clients speak, how nodes hear each other, where messages enter.
		{pkg: "dialect/*/...", may: core + " internal/...", tests: "account/token"},
		{pkg: "dialect/ably/filter", may: core + " dialect/ably/protocol", third: "github.com/jmespath/go-jmespath"},
		{pkg: "dialect/ably/protocol", may: core + " internal/...", third: "github.com/tinylib/msgp"},
		{pkg: "dialect/ably/...", may: core + " dialect/ably/... internal/... shared"},
		{pkg: "dialect/ably/clients/go", third: "github.com/ably/ably-go"}, // a module of its own
		{pkg: "dialect/ably/fixture", may: core + " dialect/ably/... madangtest internal/fixture"},
		{pkg: "dialect/socketio/fixture", may: core + " dialect/socketio/... account/token broker/redis internal/fixture"},
		{pkg: "broker/*/...", may: core + " internal/..."},
		{pkg: "broker/redis", may: core + " internal/... shared", third: "github.com/redis/rueidis", tests: "shared/..."},
		{pkg: "inlet/*/...", may: core + " internal/..."},
		{pkg: "inlet/emitter", may: core + " internal/...", third: "github.com/redis/rueidis github.com/tinylib/msgp"},
		{pkg: "inlet/laravel", may: core + " internal/...", third: "github.com/redis/rueidis"},
		{pkg: "webhook/...", may: core + " internal/..."},

		// Features, and the small interfaces they use.
		{pkg: "mail", may: ""},
		{pkg: "mail/develop", may: "mail internal/thismachine"},
		{pkg: "mail/smtp", may: "mail internal/config", third: "github.com/wneessen/go-mail github.com/emersion/go-smtp github.com/emersion/go-sasl"},
		{pkg: "account/...", may: core + leaves},
		{pkg: "account/signin/...", may: core + leaves + " account/...", tests: "store/memory"},
		{pkg: "account/jws", third: "github.com/go-jose/go-jose/v4"},
		{pkg: "account/bearer", may: core + " account/...", tests: "store/memory mail shared"},
		{pkg: "account/keys", may: core + " account account/jws account/seal", third: "github.com/go-jose/go-jose/v4", tests: "store/memory"},
		{pkg: "account/develop", may: core + " internal/thismachine"},
		{pkg: "account/token", may: core + " account/jws", third: "github.com/go-jose/go-jose/v4", tests: "internal/config"},
		{pkg: "account/laravel", may: core + leaves + " account/..."},
		{pkg: "account/fortify", may: core + leaves + " account/...", third: "github.com/yuin/goldmark", tests: "store/memory"},
		{pkg: "account/password", may: core, third: "golang.org/x/crypto"},
		{pkg: "account/hosts", may: core + " account account/gate"},
		{pkg: "account/oracle", tests: "account/..."},
		{pkg: "account/clients", third: "github.com/emersion/go-smtp", tests: "account/... mail/..."},
		{pkg: "account/clients/house", may: core + " account/... dialect/... blob mail shared store/memory"},
		{pkg: "account/live", may: core + " account/...", tests: "mail shared store/memory dialect/... account/..."},
		{pkg: "account/guards", may: core + " account/...", tests: "mail shared store/memory chat/... dialect/... account/..."},
		{pkg: "account/operator", may: core + " account account/gate account/signin", tests: "store/memory account/limit account/password account/photo account/seal account/signin/mails blob mail shared"},
		{pkg: "account/gate", may: core + " account", tests: "store/memory"},
		{pkg: "account/photo", may: core + " account blob", third: "golang.org/x/image golang.org/x/text"},
		{pkg: "account/totp", may: core, third: "github.com/pquerna/otp github.com/boombuler/barcode"},
		{pkg: "chat/...", may: core + leaves, third: "golang.org/x/text", tests: "store/memory store/sqlite dialect/... account/token"},
		{pkg: "chat/chattest", may: core + " chat", third: "pgregory.net/rapid"},
		{pkg: "account/accounttest", may: core + " account", third: "pgregory.net/rapid"},
		{pkg: "chat/rest", may: core + " chat/...", third: "github.com/danielgtaylor/huma/v2", tests: "store/memory account/token"},
		{pkg: "device/...", may: core + leaves + " device/proof", tests: "store/memory store/sqlite"},
		{pkg: "device/proof", may: core + " account/jws", third: "github.com/go-jose/go-jose/v4"},
		{pkg: "device/link", may: core + " device/... internal/config internal/retry"},
		{pkg: "device/simulate", may: core + " device/..."},
		{pkg: "device/rest", may: core + " device/...", third: "github.com/danielgtaylor/huma/v2", tests: "store/memory"},
		{pkg: "device/devicetest", may: core + " device/...", third: "pgregory.net/rapid"},
		{pkg: "notify/...", may: core + leaves},
		{pkg: "mail/..."},
		{pkg: "queue/..."},
		{pkg: "push/..."},
		{pkg: "blob/...", tests: "blob/blobtest"},
		{pkg: "blob/blobtest", may: "blob", third: "pgregory.net/rapid"},

		// Where features keep their data: the only place of database drivers.
		{pkg: "store/*/...", may: core + " internal/..." + features},
		{pkg: "store/sqlite", may: core + " internal/..." + features, third: "modernc.org/sqlite golang.org/x/sys", tests: "store/memory"},
		{pkg: "store/postgres", may: core + " internal/..." + features, third: "github.com/jackc/pgx/v5", tests: "store/memory store/sqlite"},

		// Pages and assembly. The server knows no part; the list of parts knows all.
		{pkg: "web/...", may: core + " internal/..." + features},
		{pkg: "server", may: core + " internal/..."},
		{pkg: "server/cli/...", may: core + " server server/echoconfig internal/...", third: "github.com/alecthomas/kong"},
		{pkg: "server/metrics", third: "github.com/prometheus/client_golang"},
		{pkg: "server/echoconfig", may: "internal/..."},
		{pkg: "server/standard/...", may: all},
		{pkg: "server/standard/attack", may: "", tests: all}, // what attacks it from outside
		{pkg: "cmd/*/...", may: all},
		{pkg: "ci/gotest"},

		// What stands outside, as a user's own code would.
		{pkg: "examples/*/...", may: all},
		{pkg: "fire/...", may: "fire/... internal/... account/token"},
		{pkg: "bench/...", may: "bench/...", third: "golang.org/x/sys github.com/tinylib/msgp"},
		{pkg: "bench/homes", may: "bench/... dialect/socketio/client"},
		{pkg: "bench/homes/relay", may: "device server server/cli server/standard"},
		{pkg: "bench/madang", may: core + " account/token dialect/socketio dialect/socketio/echo dialect/pusher dialect/ably dialect/ably/token inlet/events webhook/auth broker/redis internal/trim"},
		{pkg: "bench/peer/nats", third: "github.com/nats-io/nats-server/v2"}, // a module of its own
		{pkg: "bench/scale", third: "github.com/redis/rueidis", tests: "madang broker/redis internal/redistest"},
	}
}

// everyTest is what any test may import: the suites, the plumbing, and modules for testing or for reading what was
// written.
const (
	everyTest      = "madang madangtest internal/..."
	everyTestThird = "pgregory.net/rapid go.yaml.in/yaml/v3"
)

// fits returns the part of p that a pattern covers under one name.
func fits(pattern, p string) (unit string, ok bool) {
	base, tree := strings.CutSuffix(pattern, "/...")
	want, got := strings.Split(base, "/"), strings.Split(p, "/")
	if len(got) < len(want) || len(got) > len(want) && !tree {
		return "", false
	}
	for i, w := range want {
		if w != "*" && w != got[i] {
			return "", false
		}
	}
	return strings.Join(got[:len(want)], "/"), true
}

func fitsAny(patterns, p string) bool {
	return slices.ContainsFunc(strings.Fields(patterns), func(pattern string) bool {
		_, ok := fits(pattern, p)
		return ok
	})
}

// rowOf returns the row of a package, or nil.
func rowOf(rows []row, p string) (best *row, unit string) {
	for i := range rows {
		if u, ok := fits(rows[i].pkg, p); ok && (best == nil || closeness(rows[i].pkg) > closeness(best.pkg)) {
			best, unit = &rows[i], u
		}
	}
	return best, unit
}

// closeness orders patterns that fit the same package: more names are closer, and a name is closer than a star.
func closeness(pattern string) int {
	names := strings.Split(strings.TrimSuffix(pattern, "/..."), "/")
	return 2*len(names) - strings.Count(pattern, "*")
}

// A source is one Go file of this module.
type source struct {
	name string // path of the file
	pkg  string // its package's path in this module, "madang" for the root
	test bool
	file *ast.File
}

// sources reads all Go files of the module, whatever their build constraints.
func sources(t *testing.T) (all []source, fset *token.FileSet) {
	t.Helper()
	fset = token.NewFileSet()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := path.Base(name); name != "." && (base == "node_modules" || base == "testdata" || base[0] == '.' || base[0] == '_') {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		if pkg == "." {
			pkg = "madang"
		}
		all = append(all, source{name, pkg, strings.HasSuffix(name, "_test.go"), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, fset
}

// TestImports holds every package to its row.
func TestImports(t *testing.T) {
	rows := table()
	missing := map[string]bool{}
	all, _ := sources(t)
	for _, s := range all {
		r, unit := rowOf(rows, s.pkg)
		if r == nil {
			missing[s.pkg] = true
			continue
		}
		for _, i := range s.file.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if why := r.refuses(rows, unit, s, p); why != "" {
				t.Errorf("%s imports %s: %s", s.name, p, why)
			}
		}
	}
	for p := range missing {
		t.Errorf("package %s has no row in the table of arch_test.go: add one that says what it may import. Parts know "+
			"the core and their own children; only server/standard knows everybody", p)
	}
}

// refuses says why a file may not import a package, or "".
func (r *row) refuses(rows []row, unit string, s source, imported string) string {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case first == "madang":
		p := "madang"
		if rest, below := strings.CutPrefix(imported, "madang/"); below {
			p = rest
		}
		other, otherUnit := rowOf(rows, p)
		if p == s.pkg || other == r && otherUnit == unit || fitsAny(r.may, p) {
			return ""
		}
		if s.test && (fitsAny(r.tests, p) || fitsAny(everyTest, p)) {
			return ""
		}
		return "the row " + strconv.Quote(r.pkg) + " of arch_test.go does not have it under may. If two features need " +
			"each other, declare the small interface that is needed and join them in server/standard"
	case strings.Contains(first, "."):
		if within(r.third, imported) || s.test && within(everyTestThird, imported) {
			return ""
		}
		return "the row " + strconv.Quote(r.pkg) + " of arch_test.go does not have this module under third"
	case !s.test && slices.Contains(strings.Fields(r.never), imported):
		return "this package does without it"
	}
	return ""
}

// within reports whether a package belongs to one of some modules.
func within(modules, imported string) bool {
	return slices.ContainsFunc(strings.Fields(modules), func(m string) bool {
		return imported == m || strings.HasPrefix(imported, m+"/")
	})
}

// TestNoHiddenState finds what runs or changes behind the reader's back: init functions, and package variables that are
// not constants in all but name. Allowed are the blank identifier, errors to compare with, compiled regular expressions,
// and embedded files.
func TestNoHiddenState(t *testing.T) {
	all, fset := sources(t)
	for _, s := range all {
		if s.test {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%v: an init function: do it where it is needed, so that a reader can find it", fset.Position(d.Pos()))
				}
			case *ast.GenDecl:
				if d.Tok != token.VAR {
					continue
				}
				for _, spec := range d.Specs {
					v := spec.(*ast.ValueSpec)
					if !constantInSpirit(d, v) {
						t.Errorf("%v: package variable %s: make it a constant, a function that returns it, or a field",
							fset.Position(v.Pos()), v.Names[0])
					}
				}
			}
		}
	}
}

func constantInSpirit(d *ast.GenDecl, v *ast.ValueSpec) bool {
	if embedded(d.Doc) || embedded(v.Doc) {
		return true
	}
	for i, name := range v.Names {
		known := i < len(v.Values) && (strings.HasPrefix(strings.ToLower(name.Name), "err") || calls(v.Values[i], "regexp", "MustCompile"))
		if name.Name != "_" && !known {
			return false
		}
	}
	return true
}

// calls reports whether a value is what a package's function returns.
func calls(value ast.Expr, pkg, function string) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != function {
		return false
	}
	p, ok := f.X.(*ast.Ident)
	return ok && p.Name == pkg
}

func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

// TestPackageComments asks every package for the comment that says what it is.
func TestPackageComments(t *testing.T) {
	all, _ := sources(t)
	found := map[string]bool{}
	for _, s := range all {
		if s.test {
			continue
		}
		begin := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			begin = "Command " + path.Base(s.pkg) + " "
		}
		found[s.pkg] = found[s.pkg] || strings.HasPrefix(s.file.Doc.Text(), begin)
	}
	for p, ok := range found {
		if !ok {
			t.Errorf("package %s has no comment that begins with its name and says what it is for", p)
		}
	}
}

// TestTableRefuses makes sure that the table has teeth.
func TestTableRefuses(t *testing.T) {
	rows := table()
	for _, c := range []struct {
		pkg, imported string
		test, ok      bool
	}{
		{"madang", "context", false, true},
		{"madang", "net/http", false, false},
		{"madang", "madang/chat", false, false},
		{"madang", "pgregory.net/rapid", false, false},
		{"madang", "pgregory.net/rapid", true, true},
		{"dialect/pusher", "madang/dialect/socketio", false, false},
		{"dialect/socketio", "madang/dialect/socketio/packet", false, true},
		{"dialect/socketio/packet", "madang/dialect/socketio/engineio", false, true},
		{"dialect/socketio", "madang/chat", false, false},
		{"dialect/socketio", "github.com/gobwas/ws", false, false},
		{"chat", "madang/account", false, false},
		{"chat", "madang/store/memory", false, false},
		{"chat", "madang/store/memory", true, true},
		{"store/sqlite", "madang/chat", false, true},
		{"store/memory", "modernc.org/sqlite", false, false},
		{"server", "madang/server/standard", false, false},
		{"server", "madang/chat", false, false},
		{"server/standard", "madang/chat", false, true},
		{"cmd/madang", "madang/server/standard", false, true},
		{"web", "madang/server", false, false},
	} {
		r, unit := rowOf(rows, c.pkg)
		if r == nil {
			t.Fatalf("%s has no row", c.pkg)
		}
		if why := r.refuses(rows, unit, source{pkg: c.pkg, test: c.test}, c.imported); (why == "") != c.ok {
			t.Errorf("%s importing %s (test: %v): %q", c.pkg, c.imported, c.test, why)
		}
	}
	if r, _ := rowOf(rows, "gossip"); r != nil {
		t.Errorf("a package that nobody thought of has the row %q", r.pkg)
	}
}

// TestModuleName keeps the table's "madang" true.
func TestModuleName(t *testing.T) {
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, []byte("module madang\n")) {
		t.Error("go.mod names another module than arch_test.go does")
	}
}
