package fortify

import "strings"

// An agent is what a browser says of itself, in the names that Jetstream shows.
type agent struct {
	Desktop  bool    `json:"is_desktop"`
	Platform *string `json:"platform"`
	Browser  *string `json:"browser"`
}

// agentOf reads a User-Agent. The names of some stand in those of others, so the order matters.
func agentOf(text string) agent {
	platform := find(text, [][2]string{
		{"Windows Phone", "Windows Phone"}, {"Windows", "Windows"}, {"iPhone", "iOS"}, {"iPad", "iOS"}, {"iPod", "iOS"},
		{"Android", "AndroidOS"}, {"Mac OS X", "OS X"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	a := agent{Platform: platform, Browser: find(text, [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Whale/", "Whale"}, {"SamsungBrowser", "Samsung Browser"}, {"KAKAOTALK", "KakaoTalk"}, {"FxiOS", "Firefox"},
		{"Firefox", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
	})}
	if platform != nil {
		switch *platform {
		case "Windows", "OS X", "ChromeOS", "Linux":
			a.Desktop = true
		}
	}
	return a
}

// find returns the name of the first mark that is in a text, or nil.
func find(text string, marks [][2]string) *string {
	for _, m := range marks {
		if strings.Contains(text, m[0]) {
			return &m[1]
		}
	}
	return nil
}
