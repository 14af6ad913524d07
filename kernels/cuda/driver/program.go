//go:build cuda && linux && amd64

package driver

/*
#include <stdlib.h>
#include <string.h>
#include "cuda.h"

// One launch. All of a kernel's parameters are one struct, passed by value. Blocks come in clusters of so many along x.
typedef struct {
	CUfunction function;
	unsigned grid[3], block, shared, cluster;
	void *arguments;
} launch;

static CUresult launch_one(const launch *l, CUstream stream) {
	void *parameters[1] = {l->arguments};
	// A driver of CUDA 11 may lack launches with attributes, and serves kernels that need none.
	if (l->cluster == 1)
		return cuLaunchKernel(l->function, l->grid[0], l->grid[1], l->grid[2], l->block, 1, 1, l->shared, stream, parameters, NULL);
	CUlaunchAttribute cluster = {.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, .value.clusterDim = {l->cluster, 1, 1}};
	CUlaunchConfig config = {l->grid[0], l->grid[1], l->grid[2], l->block, 1, 1, l->shared, stream, &cluster, 1};
	return cuLaunchKernelEx(&config, l->function, parameters, NULL);
}

// Launches all, and returns the place of the one that failed in *at.
static CUresult launch_all(const launch *l, int n, CUstream stream, int *at) {
	for (int i = 0; i < n; i++) {
		CUresult r = launch_one(l + i, stream);
		if (r != CUDA_SUCCESS) { *at = i; return r; }
	}
	return CUDA_SUCCESS;
}
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// AllowShared lets a kernel ask for so many bytes of shared memory at launch; without it, 48 KiB is the most.
func (d *Device) AllowShared(k Kernel, bytes int) error {
	err := result(C.cuFuncSetAttribute(k.function, C.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, C.int(bytes)))
	if err != nil {
		return fmt.Errorf("cuda: %s: kernel %s: allow %d bytes of shared memory: %w", d.Name, k.Name, bytes, err)
	}
	return nil
}

// A Program is a list of launches that is run as a whole, so that a step costs one call into C. It must be freed.
type Program struct {
	device *Device
	list   []C.launch
	names  []string
	graph  C.CUgraphExec
}

// Program returns an empty program.
func (d *Device) Program() *Program { return &Program{device: d} }

// Len is the number of launches.
func (p *Program) Len() int { return len(p.list) }

// A Shape is how many blocks a launch has, and what one is.
type Shape struct {
	Grid    [3]int
	Threads int // of a block
	Shared  int // bytes of shared memory a block asks for
	// Cluster is how many neighbours along x, of which the grid is a multiple, reach into each other's shared memory; 0 means 1. More
	// need compute capability 9.0.
	Cluster int
}

// Add appends a launch. arguments is copied; a size that differs from the kernel's is a programmer's mistake.
func Add[T any](p *Program, k Kernel, s Shape, arguments T) {
	size := int(unsafe.Sizeof(arguments))
	if size != k.Parameters {
		panic(fmt.Sprintf("cuda: kernel %s takes %d bytes, %T has %d", k.Name, k.Parameters, arguments, size))
	}
	if s.Threads > k.Threads {
		panic(fmt.Sprintf("cuda: kernel %s has blocks of at most %d threads, not %d", k.Name, k.Threads, s.Threads))
	}
	if s.Grid[0] == 0 || s.Grid[1] == 0 || s.Grid[2] == 0 {
		panic(fmt.Sprintf("cuda: kernel %s on an empty grid %v", k.Name, s.Grid))
	}
	l := C.launch{function: k.function, block: C.uint(s.Threads), shared: C.uint(s.Shared), cluster: C.uint(max(s.Cluster, 1)), arguments: C.malloc(C.size_t(size))}
	for i, n := range s.Grid {
		l.grid[i] = C.uint(n)
	}
	*(*T)(l.arguments) = arguments
	p.list, p.names = append(p.list, l), append(p.names, k.Name)
}

// Run starts the launches, in order, and returns before they are done.
func (p *Program) Run() error {
	if len(p.list) == 0 {
		return nil
	}
	if p.graph != nil {
		if err := result(C.cuGraphLaunch(p.graph, p.device.handle())); err != nil {
			return fmt.Errorf("cuda: %s: launch a graph of %d kernels: %w", p.device.Name, len(p.list), err)
		}
		return nil
	}
	var at C.int
	if err := result(C.launch_all(&p.list[0], C.int(len(p.list)), p.device.handle(), &at)); err != nil {
		l := p.list[at]
		return fmt.Errorf("cuda: %s: launch %s on grid %v in clusters of %d blocks of %d threads with %d bytes of shared memory: %w",
			p.device.Name, p.names[at], l.grid, l.cluster, l.block, l.shared, err)
	}
	return nil
}

// Capture makes later runs launch everything at once, as a CUDA graph.
func (p *Program) Capture() error {
	wrong := func(what string, err error) error {
		return fmt.Errorf("cuda: %s: %s of %d kernels: %w", p.device.Name, what, len(p.list), err)
	}
	if err := result(C.cuStreamBeginCapture_v2(p.device.handle(), C.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)); err != nil {
		return wrong("begin capture", err)
	}
	err := p.Run()
	var g C.CUgraph
	if err := result(C.cuStreamEndCapture(p.device.handle(), &g)); err != nil {
		return wrong("end capture", err)
	}
	defer C.cuGraphDestroy(g)
	if err != nil {
		return err
	}
	if err := result(C.cuGraphInstantiateWithFlags(&p.graph, g, 0)); err != nil {
		p.graph = nil
		return wrong("instantiate graph", err)
	}
	return nil
}

// Free gives the program's memory back. It must not be running.
func (p *Program) Free() {
	if p.graph != nil {
		C.cuGraphExecDestroy(p.graph)
		p.graph = nil
	}
	for _, l := range p.list {
		C.free(l.arguments)
	}
	p.list, p.names = nil, nil
}
