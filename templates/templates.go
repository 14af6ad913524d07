// Package templates renders what a language model is told and says what form its replies have.
package templates

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"text/template"
)

//go:embed prompts/*.tmpl
var files embed.FS

// prompts is parsed when it is first needed; a template that does not parse is a programmer's mistake.
var prompts = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("prompts").Option("missingkey=error").Funcs(template.FuncMap{
		"data": data,
		"cell": cell,
		"code": func(source string) string { return fenced("go", source) },
		"join": strings.Join,
	}).ParseFS(files, "prompts/*.tmpl"))
})

// render executes the template of this name. The inputs are plain structs whose fields the golden tests all reach, so an
// error here is a programmer's mistake too.
func render(name string, input any) string {
	var b strings.Builder
	if err := prompts().ExecuteTemplate(&b, name, input); err != nil {
		panic(fmt.Sprintf("render prompt %s: %v", name, err))
	}
	return strings.TrimSpace(b.String()) + "\n"
}

// data quotes text that came from outside (a task's output, a lesson, a hint, an earlier reply), so that the model can
// tell it from what it is asked to do. The system prompts say what the fence means.
func data(text string) string { return fenced("data", text) }

// cell makes text fit one cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "/")
}

// fenced puts text in a code fence that is longer than any run of backticks in it, so that nothing in the text ends it.
func fenced(label, text string) string {
	longest, run := 2, 0
	for _, c := range text {
		if c != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + label + "\n" + strings.TrimRight(text, "\n") + "\n" + fence
}
