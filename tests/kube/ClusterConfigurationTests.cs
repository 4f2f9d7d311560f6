using NetSniff.Kube;

namespace NetSniff.Tests.Kube;

/// <summary>KUBECONFIG is the process's: nothing else that reads it runs at the same time.</summary>
[Collection(nameof(Alone))]
public class ClusterConfigurationTests
{
    private const string Head = "apiVersion: v1\nkind: Config\n";

    [Fact]
    public void Of_a_list_of_files_the_first_wins_and_each_names_files_from_where_it_lies()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["one"]);
        Directory.CreateDirectory(folder["two"]);
        File.WriteAllText(folder["one", "config"], Head + """
            current-context: shop
            clusters:
            - {name: east, cluster: {server: "https://east:6443", insecure-skip-tls-verify: true}}
            contexts:
            - {name: shop, context: {cluster: east, user: ann, namespace: shop}}
            """);
        File.WriteAllText(folder["two", "config"], Head + """
            current-context: other
            clusters:
            - {name: east, cluster: {server: "https://wrong:6443"}}
            - {name: west, cluster: {server: "https://west:6443", insecure-skip-tls-verify: true}}
            users:
            - {name: ann, user: {client-certificate: ann.crt, client-key: keys/ann.key}}
            contexts:
            - {name: other, context: {cluster: west, user: ann}}
            """);
        WithKubeConfig($"{folder["one", "config"]}:{folder["none"]}:{folder["two", "config"]}", () =>
        {
            var shop = ClusterConfiguration.Load();
            Assert.Equal(("https://east:6443", "shop"), (shop.Host, shop.Namespace));
            Assert.Equal(folder["two", "ann.crt"], shop.ClientCertificateFilePath);
            Assert.Equal(folder["two", "keys", "ann.key"], shop.ClientKeyFilePath);
            Assert.Equal("https://west:6443", ClusterConfiguration.Load(context: "other").Host);
        });
    }

    [Fact]
    public void A_file_that_is_named_is_the_only_one()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config"], Head + """
            current-context: a
            clusters: [{name: a, cluster: {server: "http://127.0.0.1:1", insecure-skip-tls-verify: true}}]
            users: [{name: a, user: {token: secret}}]
            contexts: [{name: a, context: {cluster: a, user: a}}]
            """);
        WithKubeConfig(folder["none"], () =>
        {
            var configuration = ClusterConfiguration.Load(folder["config"]);
            Assert.Equal(("http://127.0.0.1:1", "secret"), (configuration.Host, configuration.AccessToken));
        });
    }

    [Fact]
    public void What_the_command_line_says_wins_over_the_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["token"], "of-a-file");
        File.WriteAllText(folder["config"], Head + """
            current-context: a
            clusters:
            - {name: a, cluster: {server: "https://a:6443", insecure-skip-tls-verify: true}}
            - {name: b, cluster: {server: "https://b:6443", proxy-url: "socks5://10.0.0.1:1080"}}
            users: [{name: a, user: {token: secret}}, {name: b, user: {tokenFile: token}}]
            contexts: [{name: a, context: {cluster: a, user: a, namespace: shop}}]
            """);
        var choice = new ClusterChoice { File = folder["config"] };
        var other = ClusterConfiguration.Load(choice with { Cluster = "b", User = "b" });
        Assert.Equal(("https://b:6443", "shop"), (other.Host, other.Namespace));
        Assert.NotNull(other.TokenProvider);
        using var handler = new SocketsHttpHandler();
        other.FirstMessageHandlerSetup(handler);
        Assert.Equal(
            new Uri("socks5://10.0.0.1:1080"), handler.Proxy?.GetProxy(new Uri("https://b:6443")));

        var given = ClusterConfiguration.Load(choice with { Server = "c:1", Token = "given", SkipsTlsVerify = true });
        Assert.Equal(("https://c:1", "given", true), (given.Host, given.AccessToken, given.SkipTlsVerify));
        var missing = Assert.Throws<ClusterException>(() => ClusterConfiguration.Load(choice with { User = "c" }));
        Assert.Contains("there is no user 'c'; there are a, b", missing.Message, StringComparison.Ordinal);
        Assert.Equal(["a"], ClusterConfiguration.Contexts(folder["config"]));
    }

    public static TheoryData<string, string?, string> Bad => new()
    {
        { "apiVersion: v1\nkind: Config\n", null, "server" },
        { "][", null, "kubeconfig: " },
        { "current-context: a\ncontexts: [{name: a, context: {cluster: b, user: c}}]", null, "kubeconfig: " },
        { "current-context: a\nclusters: []\nusers: []\ncontexts: []", "b", "b" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_one_is_refused_in_words(string text, string? context, string words)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["config"], text);
        var problem = Assert.Throws<ClusterException>(() => ClusterConfiguration.Load(folder["config"], context));
        Assert.StartsWith("kubeconfig: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_of_which_nothing_is_there_is_refused()
    {
        using var folder = new TemporaryFolder();
        WithKubeConfig(folder["none"], () =>
            Assert.Contains("KUBECONFIG", Assert.Throws<ClusterException>(() => ClusterConfiguration.Load()).Message));
        Assert.Throws<ClusterException>(() => ClusterConfiguration.Load(folder["none"]));
    }

    private static void WithKubeConfig(string value, Action action)
    {
        var before = Environment.GetEnvironmentVariable("KUBECONFIG");
        Environment.SetEnvironmentVariable("KUBECONFIG", value);
        try
        {
            action();
        }
        finally
        {
            Environment.SetEnvironmentVariable("KUBECONFIG", before);
        }
    }
}
