package live

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/seed161a02ea/bilevel/harness/guide"
)

// maxBody bounds a request that says something, in bytes: the longest text with every byte of it escaped.
const maxBody = 8 * guide.MaxBytes

// secretHeader carries the secret of the page. A page of another origin cannot read it, and cannot send a header of this name
// without being allowed to, which nobody is.
const secretHeader = "X-Bilevel-Page"

// A saying is the body of a request that says something to the run.
type saying struct {
	Text     string `json:"text"`
	Withdraw bool   `json:"withdraw"`
}

// serveSaying takes in what a person wrote in the page's box. It is the only request that changes anything: it adds a file to
// the run's folder, which the run takes in before its next proposal.
func (s *Server) serveSaying(w http.ResponseWriter, r *http.Request) {
	if status, why := s.refuseSaying(r); status != 0 {
		http.Error(w, why, status)
		return
	}
	x, err := readSaying(http.MaxBytesReader(w, r.Body, maxBody))
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		http.Error(w, fmt.Sprintf("refused: the text is too long, want at most %d bytes", guide.MaxBytes), http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "refused: "+err.Error(), http.StatusBadRequest)
		return
	}
	if !x.Withdraw {
		if x.Text, err = guide.Clean(x.Text); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
	}
	n, err := s.put(x)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintf(w, "Guidance %d waits for the next proposal.", n) // a reader that went away is told by the page
}

// refuseSaying says why a request to say something is not answered, beside what refuses every request; 0 when it is.
func (s *Server) refuseSaying(r *http.Request) (status int, why string) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	site := r.Header.Get("Sec-Fetch-Site")
	switch {
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed, "guidance is sent with POST"
	case r.Header.Get("Origin") == "" || site != "" && site != "same-origin":
		return http.StatusForbidden, "refused: guidance is taken from the page itself only; on the command line use bilevel guide"
	case subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), []byte(s.secret)) != 1:
		return http.StatusForbidden, "refused: the page is not the one that is served now; load it again"
	case kind != "application/json":
		return http.StatusUnsupportedMediaType, "refused: want application/json"
	}
	return 0, ""
}

func readSaying(body io.Reader) (x saying, err error) {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(&x); err != nil {
		return x, fmt.Errorf("the request holds no guidance: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return x, errors.New("the request holds more than one thing")
	}
	if x.Withdraw && x.Text != "" {
		return x, errors.New("a request withdraws or says something, not both")
	}
	return x, nil
}

// put says it to the run.
func (s *Server) put(x saying) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.s.Refresh(); err != nil {
		return 0, err
	}
	if x.Withdraw {
		return guide.Withdraw(s.s.Dir(), s.heard(), "watch")
	}
	return guide.Send(s.s.Dir(), s.heard(), x.Text, "watch")
}

// heard is the number of the last guidance on record, 0 for none.
func (s *Server) heard() int {
	all := s.s.Guidance()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].N
}
