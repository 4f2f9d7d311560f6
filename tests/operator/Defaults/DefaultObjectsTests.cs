using System.Text.Json.Nodes;
using NetSniff.Operator.Config;
using NetSniff.Operator.Defaults;
using NetSniff.Operator.Reconciling;

namespace NetSniff.Tests.Operator.Defaults;

public class DefaultObjectsTests
{
    private static readonly OperatorSettings s_settings = new()
    {
        Instance = "netsniff", Namespace = "system", Labels = new Dictionary<string, string> { ["team"] = "network" },
    };

    [Fact]
    public void Files_become_objects_of_our_namespace_with_our_labels()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["rule.json"], Text("DetectionRule", "scan"));
        File.WriteAllText(folder["profile.json"], Text("CaptureProfile", "default"));
        File.WriteAllText(folder["readme.txt"], "none of ours");

        var read = DefaultObjects.Read(folder.Path, s_settings);

        Assert.Equal([OwnKinds.CaptureProfiles, OwnKinds.DetectionRules], read.Select(one => one.Kind));
        var metadata = read[0].Body["metadata"]!;
        Assert.Equal(("system", "default"), ((string)metadata["namespace"]!, (string)metadata["name"]!));
        Assert.Equal("network", (string?)metadata["labels"]!["team"]);
        Assert.Equal("true", (string?)metadata["labels"]![DefaultObjects.Label]);
        Assert.Equal(read[0].Hash, (string?)metadata["annotations"]![DefaultObjects.HashAnnotation]);
        Assert.Equal("Cluster", (string?)read[0].Body["spec"]!["scope"]);
    }

    [Fact]
    public void The_hash_is_of_what_the_file_says()
    {
        using var folder = new TemporaryFolder();
        string Hash(string text)
        {
            File.WriteAllText(folder["one.json"], text);
            return DefaultObjects.Read(folder.Path, s_settings).Single().Hash;
        }

        var first = Hash(Text("DetectionRule", "scan"));
        Assert.Equal(first, Hash(Text("DetectionRule", "scan")));
        Assert.NotEqual(first, Hash(Text("DetectionRule", "scan").Replace("Cluster", "Namespace")));
    }

    [Theory]
    [InlineData("{", "one.json")]
    [InlineData("[]", "one.json")]
    [InlineData("null", "one.json")]
    [InlineData("""{"kind": "Secret", "metadata": {"name": "a"}}""", "a Secret is not for here")]
    [InlineData("""{"kind": "DetectionRule", "metadata": {}}""", "one.json")]
    [InlineData("""{"kind": 7, "metadata": {"name": "a"}}""", "one.json")]
    public void What_is_none_of_ours_is_told_with_its_file(string text, string word)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["one.json"], text);
        var problem = Assert.Throws<InvalidDataException>(() => DefaultObjects.Read(folder.Path, s_settings));
        Assert.Contains(word, problem.Message);
    }

    [Fact]
    public void No_folder_is_no_objects_and_one_that_is_not_there_is_a_mistake()
    {
        using var folder = new TemporaryFolder();
        Assert.Empty(DefaultObjects.Read("", s_settings));
        Assert.Throws<InvalidDataException>(() => DefaultObjects.Read(folder["none"], s_settings));
    }

    private static string Text(string kind, string name) => new JsonObject
    {
        ["apiVersion"] = "netsniff.io/v1alpha1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject { ["scope"] = "Cluster" },
    }.ToJsonString();
}
