using System.Text.Json;
using System.Text.Json.Nodes;
using NetSniff.Fuzz.Captures;

namespace NetSniff.Fuzz;

/// <summary>What a run leaves behind for other programs: `artifacts/NAME.json`.</summary>
internal static class Artifacts
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static void Write(string name, JsonNode node)
    {
        var folder = Path.Combine(CaptureFolders.Checkout, "artifacts");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name + ".json"), node.ToJsonString(s_indented) + "\n");
        Console.WriteLine($"written to artifacts/{name}.json");
    }
}
