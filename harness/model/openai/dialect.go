package openai

import (
	"errors"
	"strings"

	openai "github.com/sashabaranov/go-openai"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// A dialect is what a server and a model understand of a request. It begins with everything; what the server refuses is
// left out from then on.
type dialect struct {
	format      format
	limit       limit
	temperature bool
	seed        bool
}

// A format is how the form of a reply is asked for.
type format int

const (
	bySchema format = iota // response_format json_schema
	asObject               // response_format json_object
	inWords                // by the prompt alone
)

// A limit is the field that bounds a reply's tokens.
type limit int

const (
	maxTokens           limit = iota // max_tokens
	maxCompletionTokens              // max_completion_tokens, for reasoning models of OpenAI
	unlimited                        // neither
)

var fullDialect = dialect{temperature: true, seed: true}

// write fills in a request.
func (d dialect) write(name string, r model.Request) openai.ChatCompletionRequest {
	q := openai.ChatCompletionRequest{Model: name}
	q.Messages = turns(r.Messages)
	if d.temperature {
		q.Temperature = r.Temperature
	}
	if d.seed {
		seed := int(r.Seed % (1 << 31)) // servers take 31 bits
		q.Seed = &seed
	}
	switch d.limit {
	case maxTokens:
		//lint:ignore SA1019 Deprecated by OpenAI, but the only name that most compatible servers know.
		q.MaxTokens = r.MaxTokens
	case maxCompletionTokens:
		q.MaxCompletionTokens = r.MaxTokens
	}
	if r.Schema == nil {
		return q
	}
	switch d.format {
	case bySchema:
		// Not strict: OpenAI's strict mode wants every property required, and a proposal names only some parameters.
		q.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type:       openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: r.Schema.Name, Schema: r.Schema.JSON},
		}
	case asObject:
		q.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
	}
	return q
}

// turns are the messages that go over the wire. A model that replied nothing has no turn: the library leaves out empty content,
// and servers refuse a message without. What stands on both sides of it is one message, since some refuse two of one role in a row.
func turns(messages []model.Message) []openai.ChatCompletionMessage {
	var all []openai.ChatCompletionMessage
	for _, m := range messages {
		last := len(all) - 1
		switch {
		case strings.TrimSpace(m.Content) == "":
		case last >= 0 && all[last].Role == m.Role:
			all[last].Content += "\n\n" + m.Content
		default:
			all = append(all, openai.ChatCompletionMessage{Role: m.Role, Content: m.Content})
		}
	}
	return all
}

// simpler returns the dialect without what the refusal is about, and false when it is about nothing that can be left out.
func (d dialect) simpler(refusal string, r model.Request) (dialect, bool) {
	text := strings.ToLower(refusal)
	about := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	}
	switch {
	case r.Schema != nil && d.format < inWords && about("response_format", "response format", "json_schema", "json_object", "schema", "grammar", "structured output"):
		d.format++
	case r.MaxTokens > 0 && d.limit == maxTokens && about("max_completion_tokens", "maxcompletiontokens"):
		d.limit = maxCompletionTokens
	case r.MaxTokens > 0 && d.limit < unlimited && about("max_tokens", "max_completion_tokens", "max tokens"):
		d.limit = unlimited
	case r.Temperature != 0 && d.temperature && about("temperature"):
		d.temperature = false
	case d.seed && about("seed"):
		d.seed = false
	default:
		return d, false
	}
	return d, true
}

// refusalOf returns the words in which a request was refused for its form, by the server or by the client library, which
// knows some models; false for any other error.
func refusalOf(err error) (string, bool) {
	status, message := statusOf(err)
	switch {
	case status == 400 || status == 422:
		return message, true
	case errors.Is(err, openai.ErrReasoningModelMaxTokensDeprecated):
		return "max_completion_tokens", true
	case errors.Is(err, openai.ErrReasoningModelLimitationsOther), errors.Is(err, openai.ErrReasoningSamplingUnsupported):
		return "temperature", true
	}
	return "", false
}

// statusOf returns the HTTP status and the words of a server's error; 0 when it is none.
func statusOf(err error) (int, string) {
	var api *openai.APIError
	var req *openai.RequestError
	switch {
	case errors.As(err, &req): // first: it may hold an APIError that was read by half
		return req.HTTPStatusCode, messageOf(req.Body)
	case errors.As(err, &api):
		param := ""
		if api.Param != nil {
			param = " (" + *api.Param + ")"
		}
		return api.HTTPStatusCode, api.Message + param
	}
	return 0, ""
}
