package fortify

import (
	"net/http"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// paper makes HTML of Markdown. HTML in it is left out, and so are links that run scripts: who writes the terms does not have to
// be who runs the server.
func paper(markdown string) (string, error) {
	if strings.TrimSpace(markdown) == "" {
		return "", nil
	}
	var b strings.Builder
	err := goldmark.New(goldmark.WithExtensions(extension.Table)).Convert([]byte(markdown), &b)
	return b.String(), err
}

func (v *visit) termsPage() error {
	v.page("TermsOfService", http.StatusOK, map[string]any{"terms": v.terms})
	return nil
}

func (v *visit) policyPage() error {
	v.page("PrivacyPolicy", http.StatusOK, map[string]any{"policy": v.policy})
	return nil
}
