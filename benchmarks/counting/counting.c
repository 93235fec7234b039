/* Tells valgrind's callgrind when to count, and which part of the bridge each Python function belongs to.
 *
 * A frame of another part than its caller's is entered by way of `leave_N` of the caller's part and `enter_N`
 * of its own, so that callgrind's inclusive costs of the two are what a part took: enter_N less leave_N.
 */
#include <Python.h>
#include <valgrind/callgrind.h>

#if PY_VERSION_HEX < 0x030C0000
/* struct _PyInterpreterFrame of 3.11 is internal: its code is behind function, globals, builtins, locals. */
#define CODE_OF(frame) (Py_NewRef(((PyObject **)(frame))[4]))
#define code_index _PyEval_RequestCodeExtraIndex
#define get_extra _PyCode_GetExtra
#define set_extra _PyCode_SetExtra
#else
#define CODE_OF(frame) (PyUnstable_InterpreterFrame_GetCode(frame))
#define code_index PyUnstable_Eval_RequestCodeExtraIndex
#define get_extra PyUnstable_Code_GetExtra
#define set_extra PyUnstable_Code_SetExtra
#endif

#define EACH_PART(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

typedef struct _PyInterpreterFrame Frame;
typedef PyObject *(*Step)(PyThreadState *, Frame *, int, intptr_t);

static const char *const *places;
static const int *part_of_place;
static Py_ssize_t extra;
static __thread intptr_t current;

#define ENTER(N) \
    static __attribute__((noinline, noclone)) PyObject *enter_##N( \
        PyThreadState *thread, Frame *frame, int throws, intptr_t part) \
    { \
        (void)part; \
        return _PyEval_EvalFrameDefault(thread, frame, throws); \
    }
EACH_PART(ENTER)
#define NAME_ENTER(N) enter_##N,
static const Step enter[] = {EACH_PART(NAME_ENTER)};

#define LEAVE(N) \
    static __attribute__((noinline, noclone)) PyObject *leave_##N( \
        PyThreadState *thread, Frame *frame, int throws, intptr_t part) \
    { \
        return enter[part](thread, frame, throws, part); \
    }
EACH_PART(LEAVE)
#define NAME_LEAVE(N) leave_##N,
static const Step leave[] = {EACH_PART(NAME_LEAVE)};

/* One more than the part of a function's file, or -1 where it belongs to its caller's. */
static intptr_t part_of(PyObject *code)
{
    void *known = NULL;
    if (!get_extra(code, extra, &known) && known)
        return (intptr_t)known;
    const char *file = PyUnicode_AsUTF8(((PyCodeObject *)code)->co_filename);
    intptr_t found = -1;
    for (int i = 0; file && places[i] && found < 0; i++)
        if (strstr(file, places[i]))
            found = part_of_place[i] + 1;
    set_extra(code, extra, (void *)found);
    return found;
}

static PyObject *evaluate(PyThreadState *thread, Frame *frame, int throws)
{
    PyObject *code = CODE_OF(frame);
    intptr_t part = part_of(code) - 1, before = current;
    Py_DECREF(code);
    if (part < 0 || part == before)
        return _PyEval_EvalFrameDefault(thread, frame, throws);
    current = part;
    PyObject *result = leave[before](thread, frame, throws, part);
    current = before;
    return result;
}

/* From here on by part: `all` are pieces of files' names, and `parts` the part, from 1 on, of each. */
void count_parts(const char *const *all, const int *parts)
{
    places = all;
    part_of_place = parts;
    extra = code_index(NULL);
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), evaluate);
}

void count_from_here(void)
{
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
}

void count_until_here(const char *name)
{
    CALLGRIND_DUMP_STATS_AT(name);
    CALLGRIND_STOP_INSTRUMENTATION;
}
