using System.Text.Json;
using NetSniff.Cli.Hosting;
using NetSniff.Cli.Outputs;

namespace NetSniff.Cli.Commands.Ui;

/// <summary>What the page is about, by the command line.</summary>
/// <param name="IsCluster">Whether somebody's rights decide what is seen.</param>
/// <param name="Namespaces">None for all.</param>
/// <param name="Where">The filter that the page begins with: labels or a target that were given.</param>
/// <param name="Program">What the user types for us.</param>
internal sealed record UiScope(
    bool IsCluster, IReadOnlyList<string> Namespaces, string Where, string Program, string Server)
{
    public byte[] ToJson()
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteBoolean("is_cluster"u8, IsCluster);
            json.WriteStartArray("namespaces"u8);
            foreach (var name in Namespaces) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteString("where"u8, Where);
            json.WriteString("program"u8, Program);
            json.WriteString("server"u8, Server);
            json.WriteString("version"u8, ProgramVersion.Text);
            json.WriteEndObject();
        }

        return text.ToArray();
    }
}
