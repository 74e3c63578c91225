// What kubectl, Multus and Go's library read in texts, line by line: the tests compare our own readers with them.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/k8sclient"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/logging"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

type question struct {
	Reader string `json:"reader"`
	Text   string `json:"text"`
}

type answer struct {
	Value any    `json:"value"`
	Error string `json:"error,omitempty"`
}

func main() {
	logging.SetLogStderr(false)
	questions := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	for {
		var q question
		if questions.Decode(&q) != nil {
			return
		}
		line, err := json.Marshal(read(q))
		if err != nil {
			line, _ = json.Marshal(answer{Error: err.Error()})
		}
		answers.Write(append(line, '\n'))
	}
}

// Some texts end Multus, which is an answer as well.
func read(q question) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{Error: fmt.Sprint("panic: ", r)}
		}
	}()
	value, err := readers[q.Reader](q.Text)
	if err != nil {
		return answer{value, err.Error()}
	}
	return answer{Value: value}
}

var readers = map[string]func(string) (any, error){
	"manifests":  readManifests,
	"selections": readSelections,
	"json":       readJSON,
	"address":    func(text string) (any, error) { return printed(net.ParseIP(text)), nil },
	"mac":        readMAC,
	"selector":   readSelector,
}

// As kubectl reads a file, up to where it stops (cli-runtime pkg/resource/visitor.go, StreamVisitor).
func readManifests(text string) (any, error) {
	objects := []json.RawMessage{}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(text)), 4096)
	for {
		var object runtime.RawExtension
		if err := decoder.Decode(&object); err == io.EOF {
			return objects, nil
		} else if err != nil {
			return objects, err
		}
		raw := bytes.TrimSpace(object.Raw)
		if len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
			objects = append(objects, raw)
		}
	}
}

func readSelections(text string) (any, error) {
	pod := &v1.Pod{ObjectMeta: metav1.ObjectMeta{
		Namespace:   "finance",
		Annotations: map[string]string{"k8s.v1.cni.cncf.io/networks": text},
	}}
	return k8sclient.GetPodNetwork(pod)
}

func readJSON(text string) (any, error) {
	var value any
	err := json.Unmarshal([]byte(text), &value)
	return value, err
}

func readMAC(text string) (any, error) {
	mac, err := net.ParseMAC(text)
	return mac.String(), err
}

// Whether a label selector takes a namespace with these labels.
func readSelector(text string) (any, error) {
	var q struct {
		Selector metav1.LabelSelector `json:"selector"`
		Labels   labels.Set           `json:"labels"`
	}
	if err := json.Unmarshal([]byte(text), &q); err != nil {
		return nil, err
	}
	selector, err := metav1.LabelSelectorAsSelector(&q.Selector)
	if err != nil {
		return nil, err
	}
	return selector.Matches(q.Labels), nil
}

func printed(ip net.IP) any {
	if ip == nil {
		return nil
	}
	return ip.String()
}
