namespace NetSniff.Tests.Charts;

/// <summary>Values that make no sense are refused before anything is installed, and the message says which.</summary>
public class ValuesTests
{
    public static TheoryData<string, string> Mistakes => new()
    {
        { "operator.replica=2", "'replica' not allowed" },
        { "operators.replicas=2", "'operators' not allowed" },
        { "operator.replicas=0", "/operator/replicas" },
        { "operator.replicas=two", "/operator/replicas" },
        { "image.pullPolicy=Sometimes", "/image/pullPolicy" },
        { "image.registry=-registry", "/image/registry" },
        { "sensor.image.digest=sha256:abc", "/sensor/image/digest" },
        { "sensor.hostPath=var/lib", "/sensor/hostPath" },
        { "sensor.hostPath=/", "/sensor/hostPath" },
        { "sensor.capabilities={net_raw}", "/sensor/capabilities/0" },
        { "sensor.priorityClass.value=2000000000", "/sensor/priorityClass/value" },
        { "sensor.healthPort=80", "/sensor/healthPort" },
        { "sensorNamespace.name=Sensors", "/sensorNamespace/name" },
        { "worker.storage.type=Disk", "/worker/storage/type" },
        { "worker.storage.size=many", "/worker/storage/size" },
        { "worker.retention.age=week", "/worker/retention/age" },
        { "worker.scaling=HPA", "/worker/scaling" },
        { "crds.cel=yes please", "/crds/cel" },
        { "rules.mode=Disabled", "/rules/mode" },
        { "rbac.users[0].name=me", "/rbac/users/0" },
        { "networkPolicy.apiServerCidrs={10.0.0.1}", "/networkPolicy/apiServerCidrs/0" },
        { "serviceMonitor.interval=often", "/serviceMonitor/interval" },
        { "uninstall.timeoutSeconds=0", "/uninstall/timeoutSeconds" },
        { "fullnameOverride=a-name-that-is-longer-than-thirty-characters", "/fullnameOverride" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void Are_refused(string value, string word)
    {
        var (code, _, error) = Helm.Run("template", "netsniff", Helm.Chart, "--set", value);
        Assert.NotEqual(0, code);
        Assert.Contains(word, error);
    }

    [Fact]
    public void A_release_with_too_long_a_name_is_told_so()
    {
        var (code, _, error) = Helm.Run("template", new string('n', 31), Helm.Chart);
        Assert.NotEqual(0, code);
        Assert.Contains("set fullnameOverride", error);
    }

    /// <summary>Copies, words and tables that are made of something else.</summary>
    [Fact]
    public void What_is_made_is_as_make_charts_makes_it()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3"), "no python3 here");
        var script = Path.Combine(Repository.Root, "tools", "charts.py");
        var (code, output, error) = Helm.Run("/usr/bin/python3", [script, "--check"]);
        Assert.True(code == 0, $"make charts would change:\n{output}{error}");
    }

    [Theory]
    [InlineData("crds")]
    [InlineData("rules")]
    public void Copies_are_what_they_are_copies_of(string folder)
    {
        var from = Files(Path.Combine(Repository.Root, folder)).Where(file => !file.StartsWith("examples")).ToList();
        var copies = Path.Combine(Helm.Chart, "files", folder);
        Assert.NotEmpty(from);
        Assert.Equal(from, Files(copies));
        Assert.All(from, file => Assert.Equal(
            Sources.Read(Path.Combine(folder, file)), File.ReadAllText(Path.Combine(copies, file))));
    }

    private static IEnumerable<string> Files(string folder) => Directory
        .EnumerateFiles(folder, "*.yaml", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal);
}
