using System.Text.Json.Nodes;
using NetSniff.Kube.Resources.Schemas;

namespace NetSniff.Tests.Kube.Resources;

public class CrdFilesTests
{
    [Fact]
    public void What_is_committed_is_what_the_types_say()
    {
        foreach (var (path, text) in CrdFiles.All()) Assert.Equal(text, Sources.Read(Path.Combine("crds", path)));
    }

    /// <summary>The text is YAML that means what was to be written.</summary>
    [Fact]
    public void The_files_are_read_as_they_were_meant()
    {
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            var definition = CustomResourceDefinitions.Of(kind, withRules: true);
            var read = ExampleFiles.Parse(YamlText.Of(definition)).Single();
            Assert.Equal(definition.ToJsonString(), read.ToJsonString());
        }
    }

    /// <summary>A server estimates what rules may cost from bounds, and refuses a definition without them.</summary>
    [Fact]
    public void Every_field_says_what_it_is_and_all_that_can_grow_has_a_bound()
    {
        List<string> wrong = [];
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            var schema = CustomResourceDefinitions.Schema(kind, withRules: true);
            foreach (var part in new[] { "spec", "status" })
            {
                Look(schema["properties"]![part]!.AsObject(), $"{kind.Name}.{part}", wrong);
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Conditions_are_a_list_by_type_and_there_from_the_begin()
    {
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            var status = CustomResourceDefinitions.Schema(kind, withRules: false)["properties"]!["status"]!;
            var conditions = status["properties"]!["conditions"]!;
            Assert.Equal("""["type"]""", conditions["x-kubernetes-list-map-keys"]!.ToJsonString());
            Assert.Equal(2, status["default"]!["conditions"]!.AsArray().Count);
        }
    }

    [Fact]
    public void Without_CEL_there_is_no_trace_of_it()
    {
        foreach (var (path, text) in CrdFiles.All())
        {
            var isNew = !path.StartsWith("without-cel", StringComparison.Ordinal);
            Assert.Equal(isNew, text.Contains("x-kubernetes-validations", StringComparison.Ordinal));
        }
    }

    private static void Look(JsonObject schema, string where, List<string> wrong)
    {
        if (!schema.ContainsKey("description")) wrong.Add($"{where} has no description");
        LookAtValue(schema, where, wrong);
    }

    private static void LookAtValue(JsonObject schema, string where, List<string> wrong)
    {
        var isBounded = schema["type"]?.GetValue<string>() switch
        {
            "string" => schema.ContainsKey("maxLength") || schema.ContainsKey("enum") || schema.ContainsKey("format"),
            "array" => schema.ContainsKey("maxItems"),
            "object" when schema.ContainsKey("additionalProperties") => schema.ContainsKey("maxProperties"),
            _ => true,
        };
        if (!isBounded) wrong.Add($"{where} has no bound");
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            Look(property!.AsObject(), $"{where}.{name}", wrong);
        }

        if (schema["items"] is JsonObject items) LookAtValue(items, $"{where}[]", wrong);
        if (schema["additionalProperties"] is JsonObject any) LookAtValue(any, $"{where}{{}}", wrong);
    }
}
