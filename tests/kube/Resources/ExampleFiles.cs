using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace NetSniff.Tests.Kube.Resources;

/// <summary>YAML as JSON, as kubectl reads it.</summary>
internal static class ExampleFiles
{
    /// <summary>Every object under crds/examples.</summary>
    public static IEnumerable<JsonObject> All() => Directory
        .EnumerateFiles(Path.Combine(Repository.Root, "crds", "examples"), "*.yaml").Order(StringComparer.Ordinal)
        .SelectMany(file => Parse(File.ReadAllText(file)));

    public static IEnumerable<JsonObject> Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Select(document => Node(document.RootNode)!.AsObject());
    }

    private static JsonNode? Node(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(
            child => KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, Node(child.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Node)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value!),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new NotSupportedException(),
    };

    private static JsonNode? Plain(string text) => text switch
    {
        "null" or "~" or "" => null,
        "true" => true,
        "false" => false,
        _ => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number : JsonValue.Create(text),
    };
}
