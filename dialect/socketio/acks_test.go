package socketio_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"madang/dialect/socketio"
)

func TestAHandlerMayAskItsOwnClient(t *testing.T) {
	n := start(t, nil)
	n.io.On("ask", func(s *socketio.Socket, e *socketio.Event) error {
		r, err := s.EmitWithAck(t.Context(), "q", text(e))
		if err != nil {
			return err
		}
		return e.AckForward(r.Forward())
	})
	n.io.On("ask all", func(_ *socketio.Socket, e *socketio.Event) error {
		all, err := n.io.Of("/").All().EmitWithAck(t.Context(), "q", text(e))
		if err != nil {
			return err
		}
		return e.AckForward(all[0].Forward())
	})
	for _, event := range []string{"ask", "ask all"} {
		c, _ := n.join(t)
		c.Send(`425["` + event + `","?"]`)
		id := ackID(t, c.Next(t))
		c.Send("43" + id + `[1,"둘"]`)
		want(t, c, `435[1,"둘"]`)
		c.Send("41")
		c.Drop()
		eventually(t, "it is gone", func() bool { return n.io.Of("/").Len() == 0 })

		p := n.Poll(t, at, nil)
		p.Post(t, "40")
		p.Until(t, "40")
		p.Post(t, `425["`+event+`","?"]`)
		id = ackID(t, p.Until(t, "42"))
		p.Post(t, "43"+id+`["by polling"]`)
		if got := p.Until(t, "43"); got != `435["by polling"]` {
			t.Fatal(got)
		}
		p.Post(t, "1")
		eventually(t, "it is gone", func() bool { return n.io.Of("/").Len() == 0 })
	}
}

// Events that come while a handler waits for an answer keep their order and are not mixed up with later bytes.
func TestEventsBehindAQuestionWaitForTheirTurn(t *testing.T) {
	n := start(t, nil)
	n.io.On("ask", func(s *socketio.Socket, e *socketio.Event) error {
		if _, err := s.EmitWithAck(t.Context(), "q"); err != nil {
			return err
		}
		return e.Ack("asked")
	})
	n.io.On("echo", func(_ *socketio.Socket, e *socketio.Event) error { return e.AckForward(e.Forward()) })
	c, _ := n.join(t)
	c.Send(`421["ask"]`)
	id := ackID(t, c.Next(t))
	for _, word := range []string{`422["echo","aaaaaaaa"]`, `423["echo","bbbbbbbb"]`} {
		c.Send(word)
	}
	c.Send("43"+id+"[]", `424["echo","cccccccc"]`)
	want(t, c, `431["asked"]`, `432["aaaaaaaa"]`, `433["bbbbbbbb"]`, `434["cccccccc"]`)
}

func TestAnswersThatAreLateRepeatedOrForNobodyDoNothing(t *testing.T) {
	n := start(t, nil)
	n.io.On("alive", func(_ *socketio.Socket, e *socketio.Event) error { return errors.Join(e.Ack(1), e.Ack(2)) })
	c, id := n.join(t)
	s := n.io.Of("/").Socket(id)
	ctx, done := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer done()
	if _, err := s.EmitWithAck(ctx, "q"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	late := ackID(t, c.Next(t))
	c.Send("43"+late+"[1]", "43999[2]", `420["alive"]`)
	want(t, c, "430[1]")

	answer := make(chan socketio.Reply, 2)
	go func() {
		r, err := s.EmitWithAck(t.Context(), "q")
		if err != nil {
			t.Error(err)
		}
		answer <- r
	}()
	again := ackID(t, c.Next(t))
	c.Send("43"+again+"[1]", "43"+again+"[2]", `421["alive"]`)
	want(t, c, "431[1]")
	if r := <-answer; string(r.Raw(0)) != "1" || r.Raw(1) != nil || r.Len() != 1 || r.Socket != id {
		t.Fatalf("the answer is %s", r.Raw(0))
	}
}

func TestAQuestionEndsWithItsSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, nil)
		c, id := n.join(t)
		s := n.io.Of("/").Socket(id)
		failed := make(chan error)
		go func() {
			_, err := s.EmitWithAck(t.Context(), "q")
			failed <- err
		}()
		c.Until(t, "42")
		c.Drop()
		if err := <-failed; err == nil {
			t.Fatal("answered by nobody")
		}
		<-s.Context().Done()
	})
}

func TestABroadcastThatAsksReturnsWhatCame(t *testing.T) {
	n := start(t, nil)
	a, _ := n.join(t)
	n.join(t)
	ctx, done := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer done()
	go func() { a.Send("43" + ackID(t, a.Next(t)) + `["here"]`) }()
	all, err := n.io.Of("/").All().EmitWithAck(ctx, "q")
	if !errors.Is(err, context.DeadlineExceeded) || len(all) != 1 || string(all[0].Raw(0)) != `"here"` {
		t.Fatalf("%v, %v", all, err)
	}
}

func TestBinaryAnswersBothWays(t *testing.T) {
	n := start(t, nil)
	n.io.On("ask", func(s *socketio.Socket, e *socketio.Event) error {
		var part []byte
		if err := e.Bind(&part); err != nil {
			return err
		}
		r, err := s.EmitWithAck(t.Context(), "q", part)
		if err != nil {
			return err
		}
		return e.AckForward(r.Forward())
	})
	c, _ := n.join(t)
	c.Send(`451-3["ask",{"_placeholder":true,"num":0}]`)
	c.SendBinary([]byte{1, 255})
	ask := c.Next(t)
	want(t, c, "b:01ff")
	c.Send(`461-` + ackID(t, "45"+ask[4:]) + `[{"_placeholder":true,"num":0}]`)
	c.SendBinary([]byte{2})
	want(t, c, `461-3[{"_placeholder":true,"num":0}]`, "b:02")
}
