new EventSource("/feed/time").addEventListener("time", (e) => {
  document.getElementById("time").textContent = e.data;
});
