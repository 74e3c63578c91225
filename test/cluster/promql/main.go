// What Prometheus makes of expressions over figures that were scraped once a minute, line by line: the tests ask it about our alerts.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
)

type question struct {
	// In the notation of Prometheus's own tests of rules: "load 1m", and a line for each series.
	Load       string  `json:"load"`
	Expression string  `json:"expression"`
	At         float64 `json:"at"`
}

type answer struct {
	// The labels of each series in the result.
	Series []map[string]string `json:"series"`
	Error  string              `json:"error,omitempty"`
}

func main() {
	questions := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := json.NewEncoder(os.Stdout)
	for questions.More() {
		var q question
		err := questions.Decode(&q)
		if err != nil {
			panic(err)
		}
		series, err := ask(q)
		a := answer{Series: series}
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			panic(err)
		}
	}
}

func ask(q question) (series []map[string]string, err error) {
	loader, err := promqltest.NewLazyLoader(q.Load, promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	if err != nil {
		return nil, err
	}
	defer loader.Close()
	at := time.UnixMilli(int64(q.At * 1000))
	loader.WithSamplesTill(at, func(loadErr error) { err = loadErr })
	if err != nil {
		return nil, err
	}
	query, err := loader.QueryEngine().NewInstantQuery(context.Background(), loader.Queryable(), nil, q.Expression, at)
	if err != nil {
		return nil, err
	}
	defer query.Close()
	result := query.Exec(context.Background())
	vector, ok := result.Value.(promql.Vector)
	if result.Err != nil || !ok {
		return nil, fmt.Errorf("no vector: %v, %v", result.Value, result.Err)
	}
	series = []map[string]string{}
	for _, sample := range vector {
		series = append(series, sample.Metric.Map())
	}
	return series, nil
}
