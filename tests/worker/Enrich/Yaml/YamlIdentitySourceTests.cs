using NetSniff.Worker.Enrich;
using NetSniff.Worker.Enrich.Yaml;

namespace NetSniff.Tests.Worker.Enrich.Yaml;

public class YamlIdentitySourceTests
{
    private const string Web = "pods: [{name: web, namespace: shop, addresses: [10.1.0.1]}]\n";
    private const string Cart = "pods: [{name: cart, namespace: shop, addresses: [10.1.0.1]}]\n";

    [Fact]
    public void A_changed_file_is_taken_whole_and_a_bad_one_is_refused_with_the_last_good_one_kept()
    {
        using var folder = new TemporaryFolder();
        var (book, path) = (new IdentityBook(), folder["names.yaml"]);
        var source = new YamlIdentitySource(path, TimeProvider.System);
        Assert.False(source.Look(book));
        Assert.EndsWith("there is no such file", source.Problem, StringComparison.Ordinal);

        File.WriteAllText(path, Web);
        Assert.True(source.Look(book));
        Assert.Null(source.Problem);
        Assert.Equal("pod shop/web Pod web", Now(book));
        Assert.True(source.Look(book));
        Assert.Equal(1, source.Loads);

        File.WriteAllText(path, Cart + "pods: twice");
        Assert.False(source.Look(book));
        Assert.StartsWith($"{path}: line 2", source.Problem, StringComparison.Ordinal);
        Assert.False(source.Look(book));
        Assert.Equal("pod shop/web Pod web", Now(book));

        File.WriteAllText(path, Cart);
        Assert.True(source.Look(book));
        Assert.Equal("pod shop/cart Pod cart", Now(book));
        File.Delete(path);
        Assert.False(source.Look(book));
        Assert.Equal("pod shop/cart Pod cart", Now(book));
        File.WriteAllText(path, Cart);
        Assert.True(source.Look(book));
    }

    /// <summary>As the kubelet does it: the file is a link into a folder that is a link.</summary>
    [Fact]
    public void A_mounted_ConfigMap_is_seen_to_change()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["one"]);
        Directory.CreateDirectory(folder["two"]);
        File.WriteAllText(folder["one", "names.yaml"], Web);
        File.WriteAllText(folder["two", "names.yaml"], Cart);
        Directory.CreateSymbolicLink(folder["..data"], "one");
        File.CreateSymbolicLink(folder["names.yaml"], "..data/names.yaml");
        var book = new IdentityBook();
        var source = new YamlIdentitySource(folder["names.yaml"], TimeProvider.System);
        Assert.True(source.Look(book));
        Directory.Delete(folder["..data"]);
        Directory.CreateSymbolicLink(folder["..data"], "two");
        Assert.True(source.Look(book));
        Assert.Equal("pod shop/cart Pod cart", Now(book));
    }

    [Fact]
    public async Task Running_looks_until_it_is_cancelled()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["names.yaml"], Web);
        var book = new IdentityBook();
        var source = new YamlIdentitySource(folder["names.yaml"], TimeProvider.System);
        using var cancel = new CancellationTokenSource();
        var running = source.RunAsync(book, cancel.Token);
        Assert.Equal("pod shop/web Pod web", Now(book));
        await cancel.CancelAsync();
        await running;
    }

    [Fact]
    public void Whoever_wants_to_know_is_told_after_each_look()
    {
        using var folder = new TemporaryFolder();
        var problems = new List<bool>();
        var source = new YamlIdentitySource(folder["names.yaml"], TimeProvider.System);
        source.Looked = () => problems.Add(source.Problem is not null);
        source.Look(new IdentityBook());
        File.WriteAllText(folder["names.yaml"], Web);
        var book = new IdentityBook();
        source.Look(book);
        source.Look(book);
        Assert.Equal([true, false, false], problems);
    }

    private static string Now(IdentityBook book) => IdentityBookTests.Who(
        book, "10.1.0.1", (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100 + 1_000_000_000);
}
