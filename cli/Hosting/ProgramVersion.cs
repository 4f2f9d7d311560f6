using System.Reflection;

namespace NetSniff.Cli.Hosting;

/// <summary>Which build this is, as it is told to others.</summary>
internal static class ProgramVersion
{
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion.Split('+')[0] ?? "0";
}
