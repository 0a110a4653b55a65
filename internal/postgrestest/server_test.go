package postgrestest

import "testing"

// What was committed is there after the server has been killed, and everything is gone at the end.
func TestServer(t *testing.T) {
	s := StartFor(t)
	if url := s.Database(t, ""); url != s.URL("test1") {
		t.Fatalf("%s, %s", url, s.URL("test1"))
	}
	if _, err := s.SQL("test1", "CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('한글')"); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if _, err := s.SQL("test1", "SELECT 1"); err == nil {
		t.Fatal("a killed server answers")
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got, err := s.SQL("test1", "SELECT x FROM t"); err != nil || got != "한글" {
		t.Errorf("%q, %v", got, err)
	}
	s.Database(t, "test1")
	if got, err := s.SQL("test2", "SELECT count(*) FROM t"); err != nil || got != "1" {
		t.Errorf("%q, %v", got, err)
	}
}
