package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// scrape returns the metrics without labels that an address shows.
func scrape(url string) (map[string]float64, error) {
	client := http.Client{Timeout: 30 * time.Second}
	answer, err := client.Get(url) //nolint:noctx // the client has a time limit
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	values := map[string]float64{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		name, number, ok := strings.Cut(lines.Text(), " ")
		if v, err := strconv.ParseFloat(number, 64); ok && err == nil {
			values[name] = v
		}
	}
	return values, nil
}
