using NetSniff.Tests;

return args is [ChildProcess.Switch, var name, .. var rest]
    ? ChildProcess.Run(name, rest)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
