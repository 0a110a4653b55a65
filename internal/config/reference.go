package config

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteEnv lists every environment variable with its type and default.
func (s *Schema) WriteEnv(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "VARIABLE\tTYPE\tDEFAULT\tMEANING")
	for _, x := range s.settings {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", x.Env, x.Type, orDash(x.initial), x.Doc)
		if x.Secret {
			fmt.Fprintf(out, "%s\tpath\t-\tfile with the value of %s\n", x.Env+fileSuffix, x.Env)
		}
	}
	return out.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// WriteMarkdown writes the reference of all settings: one table for each group.
func (s *Schema) WriteMarkdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	s.root.markdown(out)
	return out.Flush()
}

func (g *group) markdown(w *bufio.Writer) {
	if g.key != "" {
		fmt.Fprintf(w, "## `%s`\n\n", g.key)
	}
	if g.doc != "" {
		fmt.Fprintf(w, "%s\n\n", g.doc)
	}
	head := false
	for _, e := range g.entries {
		if e.setting == nil {
			continue
		}
		if !head {
			fmt.Fprint(w, "| key | type | default | variable | meaning |\n|---|---|---|---|---|\n")
			head = true
		}
		x := e.setting
		names := make([]string, 0, 2)
		for _, n := range x.variables() {
			names = append(names, code(n))
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n",
			code(x.Key), cell(x.Type), code(x.initial), strings.Join(names, "<br>"), cell(x.Doc))
		for _, k := range x.inner {
			fmt.Fprintf(w, "| %s | %s | | | %s |\n", code(k.key), cell(k.kind), cell(k.doc))
		}
	}
	if head {
		fmt.Fprintln(w)
	}
	for _, e := range g.entries {
		if e.group != nil {
			e.group.markdown(w)
		}
	}
}

// cell makes a text safe inside a table.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s) }

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + cell(s) + "`"
}
