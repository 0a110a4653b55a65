// Package report turns the runs of the benchmark into figures, verdicts, a
// Markdown table and JSON.
package report
