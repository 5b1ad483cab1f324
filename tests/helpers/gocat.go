// cat with many goroutines: a static program with a runtime of its own, which sends itself signals (SIGURG) all the time.
package main

import (
	"fmt"
	"os"
	"sync"
)

func main() {
	texts := make([]string, len(os.Args))
	var wait sync.WaitGroup
	for i, name := range os.Args[1:] {
		wait.Add(1)
		go func(i int, name string) {
			defer wait.Done()
			for k := 0; k < 50; k++ {
				text, err := os.ReadFile(name)
				if err != nil {
					texts[i] = err.Error() + "\n"
				} else {
					texts[i] = string(text)
				}
			}
		}(i, name)
	}
	wait.Wait()
	for _, text := range texts {
		fmt.Print(text)
	}
	if err := os.WriteFile("go-made", []byte("by go\n"), 0640); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
