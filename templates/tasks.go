package templates

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed tasks/*.yaml
var tasks embed.FS

// Tasks are the names of the task files that are shipped, in order.
func Tasks() []string {
	entries, err := tasks.ReadDir("tasks")
	if err != nil {
		panic(err) // it is embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Task is the text of the task file with this name.
func Task(name string) (string, error) {
	if !slices.Contains(Tasks(), name) {
		return "", fmt.Errorf("task template %q, want one of %s", name, strings.Join(Tasks(), ", "))
	}
	b, err := tasks.ReadFile("tasks/" + name + ".yaml")
	return string(b), err
}
