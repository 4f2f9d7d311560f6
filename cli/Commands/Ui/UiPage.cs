using System.Collections.Frozen;
using System.Reflection;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>The files of the page, as they are in the program.</summary>
internal static class UiPage
{
    private const string Prefix = "ui/";

    private static readonly Dictionary<string, string> s_types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8", [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8", [".svg"] = "image/svg+xml",
    };

    private static readonly FrozenDictionary<string, (string Type, byte[] Bytes)> s_files = Load();

    public static IEnumerable<string> Paths => s_files.Keys;

    /// <param name="path">As it was asked for: `/`, `/panels/talkers.js`.</param>
    public static (string Type, byte[] Bytes)? Find(string path) =>
        s_files.TryGetValue(path == "/" ? "/index.html" : path, out var file) ? file : null;

    private static FrozenDictionary<string, (string Type, byte[] Bytes)> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return assembly.GetManifestResourceNames()
            .Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(
                static name => name[(Prefix.Length - 1)..],
                name => (s_types[Path.GetExtension(name)], Read(assembly, name)), StringComparer.Ordinal);
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
