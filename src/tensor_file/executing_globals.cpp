#include "tensor_file/executing_globals.h"

#include <algorithm>

namespace massface {
namespace {

// Modules as a whole, and single functions of modules that hold harmless classes as well. Separated by spaces.
constexpr std::string_view kExecuting =
    "_pickle _posixsubprocess _thread aiohttp asyncio bdb cPickle cProfile cloudpickle code.InteractiveConsole "
    "code.InteractiveInterpreter code.compile_command code.interact codeop commands.getoutput commands.getstatus "
    "commands.getstatusoutput concurrent.futures ctypes dill distutils doctest.debug_script ftplib http.client "
    "http.server httplib imp importlib joblib.load linecache marshal multiprocessing nt numpy.distutils "
    "numpy.f2py numpy.load numpy.testing operator.attrgetter operator.methodcaller os pandas.eval "
    "pandas.read_pickle pdb pickle pip pkgutil platform.popen popen2 posix profile.run profile.runctx pty pydoc "
    "requests runpy setuptools shelve shutil smtplib socket socketserver ssl subprocess sys telnetlib tempfile "
    "threading timeit torch._dynamo torch._inductor torch.hub torch.jit torch.load torch.ops torch.package "
    "torch.utils.cpp_extension trace.Trace types.CodeType types.FunctionType types.LambdaType types.MethodType "
    "urllib urllib2 venv webbrowser xmlrpc zipimport";

// Of Python's builtins. Python writes getattr for a class within a class as well, which read_pickle() resolves first.
constexpr std::string_view kExecutingBuiltins =
    "__builtins__ __dict__ __import__ __loader__ __spec__ apply breakpoint compile delattr eval exec execfile "
    "file getattr globals input locals open raw_input reload setattr vars";

// Returns whether one of the names is the global or a module that contains it: "os" contains "os.system", but not
// "ostrich.Egg".
bool is_in(std::string_view names, std::string_view global) {
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(' '));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (global.starts_with(name) && (global.size() == name.size() || global[name.size()] == '.')) return true;
  }
  return false;
}

}  // namespace

bool would_execute(std::string_view global) {
  for (const std::string_view builtins : {"builtins.", "__builtin__."}) {
    if (global.starts_with(builtins)) return is_in(kExecutingBuiltins, global.substr(builtins.size()));
  }
  return is_in(kExecuting, global);
}

}  // namespace massface
