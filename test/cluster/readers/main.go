// What kubectl, Multus, IPAM plugins and Go's library read in texts, line by line: the tests compare our own readers with them.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/containernetworking/plugins/plugins/ipam/host-local/backend/allocator"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/config"
	"github.com/k8snetworkplumbingwg/whereabouts/pkg/iphelpers"
	whereaboutslog "github.com/k8snetworkplumbingwg/whereabouts/pkg/logging"
	"gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/k8sclient"
	multuslog "gopkg.in/k8snetworkplumbingwg/multus-cni.v4/pkg/logging"
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
	multuslog.SetLogStderr(false)
	whereaboutslog.SetLogStderr(false)
	questions := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	defer os.Remove(noDefaults)
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
	"manifests":   readManifests,
	"selections":  readSelections,
	"json":        readJSON,
	"address":     func(text string) (any, error) { return printed(net.ParseIP(text)), nil },
	"mac":         readMAC,
	"selector":    readSelector,
	"hostLocal":   readHostLocal,
	"whereabouts": readWhereabouts,
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

// What an IPAM plugin gives out: subnet, first and last address of each range, and destinations.
type ipam struct {
	Ranges [][3]any `json:"ranges"`
	Routes []string `json:"routes"`
}

func readHostLocal(text string) (any, error) {
	read, _, err := allocator.LoadIPAMConfig([]byte(text), "")
	if err != nil {
		return nil, err
	}
	found := ipam{Ranges: [][3]any{}, Routes: []string{}}
	for _, set := range read.Ranges {
		for _, r := range set {
			found.Ranges = append(found.Ranges, [3]any{network(net.IPNet(r.Subnet)), printed(r.RangeStart), printed(r.RangeEnd)})
		}
	}
	for _, route := range read.Routes {
		found.Routes = append(found.Routes, network(route.Dst))
	}
	return found, nil
}

// A file of the node that fills in what a configuration leaves out: it has to be there.
var noDefaults = emptyFile()

func emptyFile() string {
	file, err := os.CreateTemp("", "socni-readers-")
	if err == nil {
		_, err = file.WriteString("{}")
	}
	if err != nil {
		panic(err)
	}
	return file.Name()
}

func readWhereabouts(text string) (any, error) {
	read, _, err := config.LoadIPAMConfig([]byte(text), "", noDefaults)
	if err != nil {
		return nil, err
	}
	found := ipam{Ranges: [][3]any{}, Routes: []string{}}
	for _, r := range read.IPRanges {
		_, subnet, err := net.ParseCIDR(r.Range)
		if err != nil {
			return nil, err
		}
		first, last, err := iphelpers.GetIPRange(*subnet, r.RangeStart, r.RangeEnd)
		if err != nil {
			return nil, err
		}
		found.Ranges = append(found.Ranges, [3]any{network(*subnet), printed(first), printed(last)})
	}
	for _, address := range read.Addresses {
		ip := printed(address.Address.IP)
		found.Ranges = append(found.Ranges, [3]any{network(address.Address), ip, ip})
	}
	for _, route := range read.Routes {
		found.Routes = append(found.Routes, network(route.Dst))
	}
	return found, nil
}

// The network of an address, as 10.0.0.0/8.
func network(address net.IPNet) string {
	return (&net.IPNet{IP: address.IP.Mask(address.Mask), Mask: address.Mask}).String()
}

func printed(ip net.IP) any {
	if ip == nil {
		return nil
	}
	return ip.String()
}
