// TensorFlow Lite Micro's interpreter in miniature: what its members are made of, and nothing else.
// All of it has its values before the program runs, so the ELF itself is the memory to look into.
#include <stddef.h>
#include <stdint.h>

#ifndef KEPT
#define KEPT __attribute__((noipa))  // in the form that the ABI says
#endif
#define USED __attribute__((used))  // also if the whole program is looked at

typedef union TfLitePtrUnion {
  int32_t *i32;
  char *raw;
} TfLitePtrUnion;

typedef struct TfLiteTensor {
  int type;
  TfLitePtrUnion data;
  size_t bytes;
} TfLiteTensor;

struct Elsewhere;  // elsewhere.cc defines it
extern Elsewhere elsewhere;

int8_t input_buffer[48];
int8_t output_buffer[12];
namespace {
alignas(16) uint8_t tensor_arena[1024];
TfLiteTensor tensors[2] = {{9, {.raw = (char *)input_buffer}, 48}, {9, {.raw = (char *)output_buffer}, 12}};
TfLiteTensor *inputs[] = {&tensors[0]};
TfLiteTensor *outputs[] = {&tensors[1], &tensors[0]};
}  // namespace

namespace tflite {

struct Named {
  const char *name;
};

template <int kCount>
struct Counted : Named {
  int counts[kCount];
};

class MicroInterpreter : public Counted<3> {
 public:
  constexpr MicroInterpreter(TfLiteTensor *const *in, TfLiteTensor **out, uint8_t &arena)
      : Counted<3>{{"it"}, {1, 2, 3}}, input_tensors_(in), output_tensors_(out), arena_(arena) {}
  int Invoke();
  int Invoke(int times, uint64_t limit, void *context);
  static int calls;

 private:
  struct Graph {
    union {
      int version;
      unsigned flags;
    };
    struct {
      const int8_t *at;
    } tensors[2][2];
  };
  Graph graph_ = {{1}, {{{nullptr}, {nullptr}}, {{nullptr}, {input_buffer + 5}}}};
  unsigned is_ready_ : 1 = 1;
  TfLiteTensor *const *const input_tensors_;
  TfLiteTensor **output_tensors_;
  uint8_t &arena_;
  Elsewhere *elsewhere_ = &elsewhere;
  TfLiteTensor *nothing_ = nullptr;
};

int MicroInterpreter::calls;

KEPT int MicroInterpreter::Invoke() {
  ++calls;
  output_buffer[0] = input_buffer[0] + tensor_arena[1];
  return (*output_tensors_)->type + output_tensors_[1]->type + arena_;
}

KEPT int MicroInterpreter::Invoke(int times, uint64_t limit, void *context) {
  while (times-- && limit--) Invoke();
  return context != nullptr;
}

MicroInterpreter micro(inputs, outputs, tensor_arena[0]);

}  // namespace tflite

USED tflite::MicroInterpreter *g_interpreter = &tflite::micro;
USED int8_t (*g_rows)[4] = (int8_t(*)[4])input_buffer;
USED int8_t *g_pointer = input_buffer + 4;
USED int8_t **g_pointer_to_it = &g_pointer;

extern "C" KEPT int run_on_the_stack(int a, int b, int c, int d, TfLiteTensor *tensor) {
  return a + b + c + d + tensor->type + tensors[0].type;
}

extern "C" int start() {
  static TfLiteTensor last = {1, {.raw = (char *)output_buffer + 6}, 6};
  while (tflite::micro.Invoke(2, 3, &last)) last.type += run_on_the_stack(1, 2, 3, 4, &last);
  return **g_pointer_to_it + g_rows[1][2] + g_interpreter->Invoke();
}
