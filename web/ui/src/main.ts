import { createApp } from 'vue'
import App from './App.vue'
import { startI18n } from './i18n'
import { startTheme } from './state/preferences'
import './styles/tokens.css'
import './styles/base.css'

startTheme()
startI18n()
createApp(App).mount('#app')
