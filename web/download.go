package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"madang/account/laravel"
	"madang/account/words"
)

// A Download is what the page of a host says where nobody signs in: what the product is, and where its app is.
type Download struct {
	Product string `yaml:"product"`
	// About says in a sentence or two what it is, by language: ko, en. Empty: nothing is said in that language.
	About map[words.Language]string `yaml:"about"`
	Links []Link                    `yaml:"links"`
	// Language is spoken to who has not chosen one and whose browser asks for neither.
	Language words.Language `yaml:"language"`
}

// A Link is a place where the app is, such as a store.
type Link struct {
	Name string `yaml:"name"` // such as App Store
	URL  string `yaml:"url"`  // https
}

// maxLinks is how many places the page has room for.
const maxLinks = 8

// Validate reports what the page could not show.
func (d Download) Validate() error {
	if strings.TrimSpace(d.Product) == "" {
		return errors.New("web: the download page needs the name of the product")
	}
	if len(d.Links) > maxLinks {
		return fmt.Errorf("web: the download page has room for %d links, not %d", maxLinks, len(d.Links))
	}
	for _, l := range d.Links {
		if u, err := url.Parse(l.URL); err != nil || u.Scheme != "https" || u.Host == "" || strings.TrimSpace(l.Name) == "" {
			return fmt.Errorf("web: a link of the download page needs a name and an address with https, not %q and %q", l.Name, l.URL)
		}
	}
	return nil
}

// shownDownload is what the page is made of.
type shownDownload struct {
	Language words.Language
	Product  string
	About    string
	Get      string
	Links    []Link
}

// Download returns the page of a host where nobody signs in, together with the styles it needs.
func (p *Pages) Download(d Download) (http.Handler, error) {
	if err := d.Validate(); err != nil {
		return nil, err
	}
	pages := map[words.Language]*file{}
	for _, l := range []words.Language{words.Korean, words.English} {
		var b bytes.Buffer
		get := map[words.Language]string{words.Korean: "앱 내려받기", words.English: "Get the app"}[l]
		if err := p.front.Execute(&b, shownDownload{Language: l, Product: d.Product, About: d.About[l], Get: get, Links: d.Links}); err != nil {
			return nil, fmt.Errorf("web: the download page: %w", err)
		}
		pages[l] = newFile("download.html", b.Bytes())
	}
	other := d.Language
	if pages[other] == nil {
		other = words.English
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := p.files[r.URL.Path]; f != nil && r.URL.Path != "/" && r.URL.Path != "/index.html" {
			p.ServeHTTP(w, r)
			return
		}
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Add("Vary", "Accept-Language, Cookie")
		pages[laravel.Language(r, "", other)].serve(w, r, policy)
	}), nil
}
